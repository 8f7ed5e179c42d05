import type { SourceError } from '@outlast/snapshot'
import type { EtcdFailure } from './etcd-failure.ts'
import type { JsonObject } from './json-reply.ts'
import { parseHeader, type StoreHeader } from './range.ts'

/** A key that does not exist has version 0 and modRevision 0. */
export interface EtcdCondition {
  readonly key: Buffer
  readonly target: 'version' | 'modRevision'
  readonly is: 'equal' | 'less' | 'greater'
  readonly value: number
}

export type EtcdOperation =
  | {
      readonly type: 'put'
      readonly key: Buffer
      readonly value: Buffer
      /** The key goes when this lease ends. */
      readonly lease?: string | undefined
    }
  /** Deleting what does not exist changes nothing. */
  | { readonly type: 'delete'; readonly key: Buffer }

/** All conditions hold and all operations are done, at one revision; or nothing is. etcd takes 128 of each by default. */
export interface TransactionRequest {
  readonly conditions: readonly EtcdCondition[]
  readonly operations: readonly EtcdOperation[]
}

export type TransactionReply =
  /** The header's revision is that of the transaction when it has changed something. */
  | { readonly status: 'committed' | 'conflict'; readonly header: StoreHeader }
  /**
   * Nothing was done: the request is larger than etcd takes, or it takes none at the moment, for want of a leader or too much
   * to do.
   */
  | { readonly status: 'refused'; readonly reason: 'too-large' | 'not-now'; readonly error: SourceError }
  /**
   * etcd's quota of disk space is used up. Whether this was done is decided, and the history says how: what uses up the quota
   * is done and answered with this all the same, and so is what was on its way then.
   */
  | { readonly status: 'no-space'; readonly error: SourceError }
  /** Something failed when the request was on its way: it may be done, now or a moment later, or never. */
  | { readonly status: 'unknown'; readonly error: SourceError }

/** The request as the gateway wants it. */
export function transactionBody({ conditions, operations }: TransactionRequest): object {
  return {
    compare: conditions.map(({ key, target, is, value }) => ({
      key: key.toString('base64'),
      result: is.toUpperCase(),
      ...(target === 'version'
        ? { target: 'VERSION', version: String(value) }
        : { target: 'MOD', mod_revision: String(value) }),
    })),
    success: operations.map((operation) => {
      const key = operation.key.toString('base64')
      if (operation.type === 'delete') return { request_delete_range: { key } }
      return { request_put: { key, value: operation.value.toString('base64'), lease: operation.lease } }
    }),
  }
}

export function parseTransactionReply(json: JsonObject): TransactionReply {
  return { status: json['succeeded'] === true ? 'committed' : 'conflict', header: parseHeader(json['header']) }
}

/** What a failure means for the transaction; `undefined` when it may have been done, or be done yet. */
export function refusalOf({ code, message }: EtcdFailure): 'no-space' | 'too-large' | 'denied' | 'not-now' | undefined {
  if (message.includes('database space exceeded')) return 'no-space'
  // More than its limit of a request, of a gRPC message, or of operations.
  if (/too large|larger than|too many operations/.test(message)) return 'too-large'
  // 3 INVALID_ARGUMENT, 7 PERMISSION_DENIED, 9 FAILED_PRECONDITION, 12 UNIMPLEMENTED, 16 UNAUTHENTICATED
  if (code === 3 || code === 7 || code === 9 || code === 12 || code === 16) return 'denied'
  // 8 RESOURCE_EXHAUSTED: it has too much to do. A proposal is dropped while there is no leader.
  if (code === 8 || message.includes('raft proposal dropped')) return 'not-now'
  return undefined
}
