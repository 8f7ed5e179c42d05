import type { Clock } from '@outlast/snapshot'

/** Makes the Date field of an answer (RFC 9110 §6.6.1), with its line end; once a second. */
export function dateField(clock: Clock): () => string {
  let second = Number.NaN
  let field = ''
  return () => {
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) {
      second = now
      field = `Date: ${new Date(now * 1000).toUTCString()}\r\n`
    }
    return field
  }
}
