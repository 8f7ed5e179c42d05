import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { SourceError } from '@outlast/snapshot'

export type JsonObject = Readonly<Record<string, unknown>>

/** The whole body as one JSON object; anything else is a proxy's page or a torn answer. */
export async function readJsonObject(response: IncomingMessage): Promise<JsonObject> {
  return jsonObject((await buffer(response)).toString())
}

export function jsonObject(text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('the answer is no JSON')
  }
  return asObject(value)
}

export function asObject(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw invalid('the answer has the wrong shape')
  return value
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** etcd's gateway leaves out what is zero, empty or false. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid('the answer has the wrong shape')
  return value
}

/** protobuf's int64 arrives as a decimal string. What a number cannot hold exactly is refused. */
export function asInteger(value: unknown): number {
  if (value === undefined) return 0
  const number = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw invalid('a number in the answer is not a safe integer')
  return number
}

export function asText(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') throw invalid('the answer has the wrong shape')
  return value
}

export function asBytes(value: unknown): Buffer {
  return Buffer.from(asText(value), 'base64')
}

export function invalid(message: string): SourceError {
  return new SourceError('invalid-response', message)
}
