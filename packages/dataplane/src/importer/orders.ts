import type { DecidedBy } from '@outlast/snapshot'

/** Who ordered something, why, and when, in milliseconds since the Unix epoch. */
export interface Order extends DecidedBy {
  readonly at: number
}

/** What operators have ordered this one node to do; each stays until it is taken back. */
export interface Orders {
  /** Do not follow the control plane, whatever it says. */
  readonly standalone?: Order | undefined
  /** Let nothing take the place of what was in effect then. `digest` is its digest; absent when there was nothing. */
  readonly frozen?: (Order & { readonly digest?: string | undefined }) | undefined
  /** Run this snapshot. `digest` is that of its content. */
  readonly pinned?: (Order & { readonly sequence: number; readonly digest: string }) | undefined
  /** Follow the control plane although it was refused: only at this content, and once. */
  readonly accepted?: (Order & { readonly identity: string; readonly digest: string }) | undefined
}

export function formatOrders(orders: Orders): string {
  return `${JSON.stringify({ format: 1, ...orders })}\n`
}

/** Throws a `SyntaxError` when the text is none of ours. */
export function parseOrders(text: string): Orders {
  const data: unknown = JSON.parse(text)
  if (!isObject(data) || data['format'] !== 1) throw notOurs()
  return {
    standalone: read(data['standalone'], orderOf),
    frozen: read(data['frozen'], (value) => ({ ...orderOf(value), digest: optionalText(value['digest']) })),
    pinned: read(data['pinned'], (value) => ({
      ...orderOf(value),
      sequence: numberOf(value['sequence']),
      digest: textOf(value['digest']),
    })),
    accepted: read(data['accepted'], (value) => ({
      ...orderOf(value),
      identity: textOf(value['identity']),
      digest: textOf(value['digest']),
    })),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function read<T>(value: unknown, orderFrom: (value: JsonObject) => T): T | undefined {
  if (value === undefined) return undefined
  if (!isObject(value)) throw notOurs()
  return orderFrom(value)
}

function orderOf(value: JsonObject): Order {
  return { actor: textOf(value['actor']), reason: textOf(value['reason']), at: numberOf(value['at']) }
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : textOf(value)
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw notOurs()
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw notOurs()
  return value
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}

function notOurs(): SyntaxError {
  return new SyntaxError('the note about what operators have ordered cannot be understood')
}
