import { asInteger, asList, asObject, invalid, type JsonObject } from './json-reply.ts'
import { parseKeyValue, type KeyValue } from './key-value.ts'

export interface RangeRequest {
  readonly key: Buffer
  /** Exclusive; without it only `key` is read. */
  readonly rangeEnd?: Buffer | undefined
  readonly limit?: number | undefined
  /** Read as the store was then. */
  readonly revision?: number | undefined
  readonly minModRevision?: number | undefined
  readonly keysOnly?: boolean | undefined
  readonly countOnly?: boolean | undefined
}

export interface StoreHeader {
  readonly clusterId: string
  /** Which member has answered, and in which term of the cluster; `0` where an answer does not say. */
  readonly memberId: string
  readonly raftTerm: string
  /** The store's revision when it answered. */
  readonly revision: number
}

export type RangeResult =
  | {
      readonly status: 'ok'
      readonly header: StoreHeader
      readonly kvs: readonly KeyValue[]
      readonly more: boolean
      /** Keys in the range, whatever `limit` and `minModRevision` say. */
      readonly count: number
    }
  | { readonly status: 'compacted' | 'future' }

/** The request as the gateway wants it: bytes in base64, int64 as decimal strings. */
export function rangeBody(request: RangeRequest): object {
  return {
    key: request.key.toString('base64'),
    range_end: request.rangeEnd?.toString('base64'),
    limit: request.limit?.toString(),
    revision: request.revision?.toString(),
    min_mod_revision: request.minModRevision?.toString(),
    keys_only: request.keysOnly,
    count_only: request.countOnly,
  }
}

export function parseRangeReply(json: JsonObject): RangeResult & { readonly status: 'ok' } {
  return {
    status: 'ok',
    header: parseHeader(json['header']),
    kvs: asList(json['kvs']).map(parseKeyValue),
    more: json['more'] === true,
    count: asInteger(json['count']),
  }
}

/** Some watch frames carry no revision; it is 0 then. */
export function parseHeader(json: unknown): StoreHeader {
  const header = asObject(json)
  const clusterId = asIdentifier(header['cluster_id'])
  if (clusterId === '') throw invalid('the answer names no cluster')
  return {
    clusterId,
    memberId: asIdentifier(header['member_id']) || '0',
    raftTerm: asIdentifier(header['raft_term']) || '0',
    revision: asInteger(header['revision']),
  }
}

/** protobuf's uint64, which no number holds: a decimal string, or empty. */
function asIdentifier(json: unknown): string {
  return typeof json === 'string' && /^\d{1,20}$/.test(json) ? json : ''
}
