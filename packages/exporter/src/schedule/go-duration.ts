const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5, micro sign
  μs: 1e-3, // U+03BC, Greek mu
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}
const term = String.raw`(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)`
const duration = new RegExp(`^\\+?(?:${term})+$`, 'u')

/**
 * Milliseconds of a duration in the grammar of Go's `time.ParseDuration`, such as `1m30s` or `1.5h`; `undefined` when it is none.
 * Negative durations are none here.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0' || text === '+0') return 0
  if (!duration.test(text)) return undefined
  let totalMs = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)([^\d.]+)/gu))
    totalMs += Number(number) * (unitMs[unit] ?? 0)
  return Math.round(totalMs * 1e6) / 1e6 // whole nanoseconds, as Go has it: 0.29h is 1,044 s
}
