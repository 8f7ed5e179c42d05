import type { IncomingMessage } from 'node:http'

import { readAtMost } from './read-answer.ts'

const maximumRefusalBytes = 64 * 1024

/** An answer other than 2xx. */
export class GcsAnswerError extends Error {
  override readonly name = 'GcsAnswerError'
  readonly status: number
  /** Status and reason, for messages. */
  readonly label: string
  /** The JSON API's reason (`forbidden`, `rateLimitExceeded`); absent in answers of others. */
  readonly reason: string | undefined

  constructor(status: number, reason: string | undefined) {
    const label = `HTTP ${status}${reason === undefined ? '' : ` ${reason}`}`
    super(label)
    this.label = label
    this.status = status
    this.reason = reason
  }

  /** Reads the reason, and thereby ends the connection's use. */
  static async read(response: IncomingMessage): Promise<GcsAnswerError> {
    // Whatever the body is, or becomes: the status has been received, and says enough.
    const body = await readAtMost(response, maximumRefusalBytes).catch(() => undefined)
    // The answer's `error.errors[0].reason`, without trusting that there is one, or that it is JSON.
    const reason = /"reason":\s*"(\w{1,64})"/.exec(body?.toString() ?? '')?.[1]
    return new GcsAnswerError(response.statusCode ?? 0, reason)
  }
}
