import { onTestFinished } from 'vitest'

/** What a test looks at in an answer or a frame's `result`. */
export interface EtcdAnswer {
  readonly header?: {
    readonly cluster_id?: string
    readonly member_id?: string
    readonly raft_term?: string
    readonly revision?: string
  }
  readonly kvs?: readonly { readonly key: string; readonly value: string }[]
  readonly events?: readonly object[]
  readonly message?: string
  readonly dbSize?: string
  readonly dbSizeInUse?: string
}

/** A script's view of an etcd v3 JSON API: plain requests, answers as they come. */
export interface EtcdClient {
  post(path: string, sent: unknown): Promise<{ readonly status: number; readonly body: EtcdAnswer }>
  /** Opens a watch; `next` resolves to the frame's `result`, or to `undefined` at the stream's end. */
  watch(create: object): Promise<{ readonly status: number; next(): Promise<EtcdAnswer | undefined>; stop(): void }>
}

export function etcdClient(endpoint: string, token?: string): EtcdClient {
  const headers = token === undefined ? {} : { authorization: token }
  return {
    async post(path, sent) {
      const response = await fetch(`${endpoint}${path}`, {
        method: 'POST',
        headers,
        body: typeof sent === 'string' ? sent : JSON.stringify(sent),
      })
      const text = await response.text()
      const body: EtcdAnswer = text.startsWith('{') ? JSON.parse(text) : { message: text }
      return { status: response.status, body }
    },
    async watch(create) {
      const stop = new AbortController()
      onTestFinished(() => {
        stop.abort()
      })
      const response = await fetch(`${endpoint}/v3/watch`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ create_request: create }),
        signal: stop.signal,
      })
      const lines = linesOf(response)
      return {
        status: response.status,
        next: async () => {
          const line = await lines.next()
          if (line.done === true) {
            return undefined
          }
          const frame: { readonly result: EtcdAnswer } = JSON.parse(line.value)
          return frame.result
        },
        stop: () => {
          stop.abort()
        },
      }
    },
  }
}

async function* linesOf(response: Response): AsyncGenerator<string, void, undefined> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
  if (text !== '') {
    yield text
  }
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** `key` and `range_end` of everything below a prefix that ends with a slash. */
export function below(prefix: string): { readonly key: string; readonly range_end: string } {
  return { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
}
