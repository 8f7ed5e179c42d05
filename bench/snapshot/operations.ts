import type { Measurement } from './measure.ts'

/** What both sides are asked to do. */
export const operations = [
  'first export',
  'one change',
  '1 % changed',
  'unchanged tick',
  'full load',
  'catch-up after one change',
] as const

export type Operation = (typeof operations)[number]

export interface Side {
  readonly measurements: Readonly<Record<Operation, Measurement>>
  /** What is kept between two exports beside the source's own entries. */
  readonly keptMiB: number
}

export function repetitionsOf(operation: Operation): number {
  return operation === 'first export' || operation === '1 % changed' || operation === 'full load' ? 9 : 50
}
