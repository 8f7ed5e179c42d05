/** Of a number of seconds, where one is given; what the adapters call `timeoutMs`. */
export function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000
}
