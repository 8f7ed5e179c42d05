import { asInteger, asList, asObject, asText, type JsonObject } from './json-reply.ts'
import { parseKeyValue, type KeyValue } from './key-value.ts'
import { parseHeader, type StoreHeader } from './range.ts'

export interface WatchEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
}

export type WatchFrame =
  | {
      readonly type: 'events'
      readonly header: StoreHeader
      readonly events: readonly WatchEvent[]
      /** More of the same revision follows in the next frame. */
      readonly fragment: boolean
    }
  /** What was asked for no longer exists, but for what follows this revision. */
  | { readonly type: 'compacted'; readonly compactRevision: number }
  /** The server has ended the watch. */
  | { readonly type: 'canceled'; readonly reason: string }

export function parseWatchFrame(json: JsonObject): WatchFrame {
  if (json['error'] !== undefined) {
    const message = asObject(json['error'])['message']
    return { type: 'canceled', reason: typeof message === 'string' ? message.slice(0, 200) : 'error' }
  }
  const result = asObject(json['result'])
  const compactRevision = asInteger(result['compact_revision'])
  if (compactRevision > 0) return { type: 'compacted', compactRevision }
  if (result['canceled'] === true) return { type: 'canceled', reason: asText(result['cancel_reason']).slice(0, 200) }
  return {
    type: 'events',
    header: parseHeader(result['header']),
    events: asList(result['events']).map(parseEvent),
    fragment: result['fragment'] === true,
  }
}

function parseEvent(json: unknown): WatchEvent {
  const event = asObject(json)
  return { type: event['type'] === 'DELETE' ? 'delete' : 'put', kv: parseKeyValue(event['kv']) }
}
