import type { FaultOutcome } from '@outlast/storage-testkit'
import type { CaseResult } from './case-result.ts'

export const columns = ['the server …', 'error', 'retryable', 'ends', 'deadline', 'left open'] as const

/** One adapter's results as a Markdown table. Times are rough, so that the table changes only when behaviour does. */
export function faultTable(results: readonly CaseResult[]): string {
  const rows = results.map(({ name, timeoutMs, outcomes, leftOpen, openConnections }) => [
    name,
    byCall(outcomes, ({ code }) => (code === 'ok' ? 'none: by HTTP it is whole' : `\`${code}\``)),
    byCall(outcomes, ({ retryable }) => (retryable === undefined ? '' : retryable ? 'yes' : 'no')),
    ending(Math.max(...outcomes.map(({ elapsedMs }) => elapsedMs)), timeoutMs),
    `${timeoutMs / 1000} s`,
    leftovers(leftOpen, openConnections),
  ])
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** What all calls have in common; or each different one with its calls. */
function byCall(outcomes: readonly FaultOutcome[], of: (outcome: FaultOutcome) => string): string {
  const calls = new Map<string, string[]>()
  for (const outcome of outcomes) calls.set(of(outcome), [...(calls.get(of(outcome)) ?? []), outcome.call])
  const entries = [...calls].filter(([text]) => text !== '')
  if (entries.length === 1 && calls.size === 1) return entries[0]?.[0] ?? ''
  return entries.map(([text, names]) => `${text} (${names.join(', ')})`).join('; ')
}

/** What a timer may be late by, on a machine that has much else to do. */
const lateMs = 150

function ending(elapsedMs: number, timeoutMs: number): string {
  if (elapsedMs >= timeoutMs && elapsedMs < timeoutMs + lateMs) return 'at the deadline'
  const bound = [0.2, 1, 5, 10].find((seconds) => elapsedMs < seconds * 1000)
  return bound === undefined ? `after ${(elapsedMs / 1000).toFixed(1)} s` : `within ${bound} s`
}

function leftovers(resources: readonly string[], connections = 0): string {
  const all = [...resources, ...(connections > 0 ? [`${connections} connections`] : [])]
  return all.length === 0 ? 'nothing' : all.join(', ')
}
