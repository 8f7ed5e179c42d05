import type { KeySpan } from '../store/config-store.ts'
import { EtcdError } from './etcd-error.ts'

/** A message of etcd's API as JSON: names in snake or camel case, 64-bit integers as strings or numbers, bytes as base64. */
export type Fields = Readonly<Record<string, unknown>>

export function asFields(value: unknown): Fields {
  if (!isFields(value)) {
    throw new EtcdError('invalidArgument', 'the request is not a JSON object')
  }
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function field(fields: Fields, name: string): unknown {
  return fields[name] ?? fields[name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())]
}

export function booleanField(fields: Fields, name: string): boolean {
  const value = field(fields, name) ?? false
  if (typeof value !== 'boolean') {
    throw new EtcdError('invalidArgument', `${name} is neither true nor false`)
  }
  return value
}

export function integerField(fields: Fields, name: string): number {
  const value = field(fields, name) ?? 0
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new EtcdError('invalidArgument', `${name} is not an integer`)
  }
  return number
}

/** One character per byte: keys here are ASCII, and a range may end at any byte. */
function bytesField(fields: Fields, name: string): string {
  const value = field(fields, name) ?? ''
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) {
    throw new EtcdError('invalidArgument', `illegal base64 data in ${name}`)
  }
  return Buffer.from(value, 'base64').toString('latin1')
}

/** What `key` and `range_end` mean, as etcd defines it: one key; all from `key` on (`\0`); or the half-open range. */
export function spanField(fields: Fields): KeySpan {
  const key = bytesField(fields, 'key')
  const end = bytesField(fields, 'range_end')
  if (end === '') {
    return { from: key, to: `${key}\0` }
  }
  return { from: key, to: end === '\0' ? '\u{FF}' : end }
}

/** Options that would change the answer and are not served are refused, never ignored. */
export function refuseUnsupported(fields: Fields, names: readonly string[]): void {
  for (const name of names) {
    const value = field(fields, name)
    if (value !== undefined && value !== null && value !== false && value !== 'false' && Number(value) !== 0) {
      throw new EtcdError('unimplemented', `${name} is not supported`)
    }
  }
}
