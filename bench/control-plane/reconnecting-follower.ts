import { Agent, request } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FollowedApi } from './side.ts'

const pageKeys = 500

/** What all followers together have met since it was made. */
export interface Meetings {
  /** When a complete read was let in, in milliseconds of `performance.now`. */
  readonly loads: number[]
  /** How often one was told to come again later. */
  refused: number
}

/** A data plane that lost everything: reads all of its gateway group whenever it is connected, and watches from there. */
export interface ReconnectingFollower {
  /** Resolves when it watches again after the connection was lost; at first, after the start. */
  isServed(): Promise<void>
  close(): void
}

export function reconnectingFollower(api: FollowedApi, meetings: Meetings): ReconnectingFollower {
  const agent = new Agent({ keepAlive: true })
  let served = Promise.withResolvers<void>()
  const closing = new AbortController()

  const post = async (path: string, body: object): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { 'content-type': 'application/json', ...(api.token !== undefined && { authorization: api.token }) }
    request(`${api.endpoint}${path}`, { method: 'POST', agent, headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify(body))
    return promise
  }

  /** The revision of a complete read. */
  const load = async (): Promise<number> => {
    let from = Buffer.from(`${api.prefix}/`)
    let revision: string | undefined
    for (;;) {
      const response = await post('/v3/kv/range', {
        key: from.toString('base64'),
        range_end: Buffer.from(`${api.prefix}0`).toString('base64'),
        limit: String(pageKeys),
        revision,
      })
      const text = Buffer.concat(await response.toArray()).toString()
      if (response.statusCode === 429) {
        meetings.refused += 1
        await sleep(500 + Math.random() * 1_500)
        continue
      }
      if (response.statusCode !== 200) throw new Error(`a page was answered with ${String(response.statusCode)}`)
      if (revision === undefined) meetings.loads.push(performance.now())
      const page: { header: { revision: string }; kvs?: { key: string }[]; more?: boolean } = JSON.parse(text)
      revision ??= page.header.revision
      const last = page.kvs?.at(-1)
      if (page.more !== true || last === undefined) return Number(revision)
      from = Buffer.concat([Buffer.from(last.key, 'base64'), Buffer.of(0)])
    }
  }

  /** Until the connection is lost. */
  const follow = async (): Promise<void> => {
    const revision = await load()
    const watch = await post('/v3/watch', {
      create_request: {
        key: Buffer.from(`${api.prefix}/`).toString('base64'),
        range_end: Buffer.from(`${api.prefix}0`).toString('base64'),
        start_revision: String(revision + 1),
      },
    })
    await once(watch, 'data')
    served.resolve()
    await once(watch.resume(), 'close')
  }

  const followForEver = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await follow().catch(() => undefined)
      served = Promise.withResolvers()
      // Nobody listens there for a moment.
      await sleep(20)
    }
  }
  void followForEver()
  return {
    isServed: async () => served.promise,
    close() {
      closing.abort()
      agent.destroy()
    },
  }
}
