import { Agent, request } from 'node:http'

export interface SteadyLoadOptions {
  readonly url: string
  readonly headers?: { readonly [name: string]: string } | undefined
  /** Default 200. */
  readonly ratePerSecond?: number | undefined
  /** When a request without complete answer is given up. Default 10,000 ms. */
  readonly deadlineMs?: number | undefined
  /** Whether an answer is right. Default: status 200. */
  readonly expect?: ((status: number, body: string) => boolean) | undefined
}

export interface LoadFailure {
  /**
   * Milliseconds since the Unix epoch, when the request was given to its connection. That may be long after it was due,
   * when all kept connections wait for answers.
   */
  readonly at: number
  readonly connection: 'kept' | 'new'
  /** A complete answer that was not right. */
  readonly status?: number | undefined
  /** The system's error code, or `DEADLINE`. */
  readonly error?: string | undefined
}

export interface SteadyLoadResult {
  readonly sent: number
  readonly correct: number
  readonly failures: readonly LoadFailure[]
  /** The longest time between two right answers, or between the ends of the run and the nearest one. */
  readonly longestGapMs: number
}

export interface SteadyLoad {
  /** What happened so far. */
  counts(): { readonly sent: number; readonly correct: number; readonly failed: number }
  /** Sends no more, waits for every answer that is due, and tells. */
  stop(): Promise<SteadyLoadResult>
}

const keptSockets = 8

/**
 * Sends requests at a steady rate, whatever happens to earlier ones (an open loop), and never sends one again: every other
 * request on one of a few kept connections, the rest on a new connection each.
 */
export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const { url, headers = {}, ratePerSecond = 200, deadlineMs = 10_000 } = options
  const isRight = options.expect ?? ((status) => status === 200)
  const kept = new Agent({ keepAlive: true, maxSockets: keptSockets })
  const startedAt = Date.now()
  const failures: LoadFailure[] = []
  const pending = new Set<Promise<void>>()
  let sent = 0
  let correct = 0
  let lastCorrectAt = startedAt
  let longestGapMs = 0

  const noteGap = () => {
    const now = Date.now()
    longestGapMs = Math.max(longestGapMs, now - lastCorrectAt)
    lastCorrectAt = now
  }

  function send(): void {
    const connection = sent % 2 === 0 ? 'kept' : 'new'
    sent += 1
    const agent = connection === 'kept' ? kept : false
    const answer = askOnce({ url, headers, deadlineMs, agent }).then(({ at, ...result }) => {
      pending.delete(answer)
      if ('status' in result && isRight(result.status, result.body)) {
        correct += 1
        noteGap()
      } else {
        failures.push('status' in result ? { at, connection, status: result.status } : { at, connection, ...result })
      }
    })
    pending.add(answer)
  }

  // Timers drift; the number of requests due is counted from the start.
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - startedAt) * ratePerSecond) / 1000)
    while (sent < due) send()
  }, 5)

  return {
    counts: () => ({ sent, correct, failed: failures.length }),
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
      kept.destroy()
      return { sent, correct, failures, longestGapMs: Math.max(longestGapMs, Date.now() - lastCorrectAt) }
    },
  }
}

type Answer = { readonly status: number; readonly body: string } | { readonly error: string }
type TimedAnswer = Answer & Pick<LoadFailure, 'at'>

function askOnce(options: {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly deadlineMs: number
  readonly agent: Agent | false
}): Promise<TimedAnswer> {
  return new Promise((resolve) => {
    let at = Date.now()
    const asked = request(options.url, { agent: options.agent, headers: options.headers })
    const finish = (answer: Answer) => {
      clearTimeout(timer)
      resolve({ ...answer, at })
    }
    const timer = setTimeout(() => {
      finish({ error: 'DEADLINE' })
      asked.destroy()
    }, options.deadlineMs)
    asked.once('socket', () => {
      at = Date.now()
    })
    asked.once('error', (error: NodeJS.ErrnoException) => finish({ error: error.code ?? error.name }))
    asked.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', (error: NodeJS.ErrnoException) => finish({ error: error.code ?? error.name }))
      response.once('end', () =>
        finish({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    asked.end()
  })
}
