import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { FollowedApi } from './side.ts'

/** Data planes that watch, each on a connection of its own. */
export interface Followers {
  /** Resolves when each of them has been told of so many more changes than at the last call. */
  haveSeen(changes: number): Promise<void>
  close(): void
}

export async function openFollowers(api: FollowedApi, count: number): Promise<Followers> {
  const watches = await Promise.all(Array.from({ length: count }, async () => openWatch(api)))
  return {
    haveSeen: async (changes) => {
      await Promise.all(watches.map(async (watch) => watch.next(changes)))
    },
    close() {
      for (const watch of watches) watch.close()
    },
  }
}

async function openWatch(api: FollowedApi): Promise<{ next(changes: number): Promise<void>; close(): void }> {
  const response = await postWatch(api)
  let seen = 0
  let wanted: { readonly changes: number; readonly resolve: () => void } | undefined
  const look = (): void => {
    if (wanted === undefined || seen < wanted.changes) return
    seen -= wanted.changes
    wanted.resolve()
    wanted = undefined
  }
  let rest = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    seen += lines.filter((line) => line.includes('"events"')).length
    look()
  })
  response.on('error', () => undefined)
  // The answer that the watch is there.
  await once(response, 'data')
  return {
    next: async (changes) =>
      new Promise((resolve) => {
        wanted = { changes, resolve }
        look()
      }),
    close: () => {
      response.destroy()
    },
  }
}

async function postWatch({ endpoint, prefix, token }: FollowedApi): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const body = {
    create_request: {
      key: Buffer.from(`${prefix}/`).toString('base64'),
      range_end: Buffer.from(`${prefix}0`).toString('base64'),
    },
  }
  request(
    `${endpoint}/v3/watch`,
    {
      method: 'POST',
      agent: new Agent(),
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) },
    },
    resolve,
  )
    .on('error', reject)
    .end(JSON.stringify(body))
  const response = await promise
  if (response.statusCode !== 200) throw new Error(`a watch was answered with ${String(response.statusCode)}`)
  return response
}
