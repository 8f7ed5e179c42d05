import { defaultTimeoutMs, type EtcdClientOptions } from './client-options.ts'
import { credentialsOf } from './credentials.ts'
import { endpointList } from './endpoint-list.ts'
import { openClient } from './etcd-client.ts'
import { changesPerTransaction, transactionOfChanges, type EtcdChange } from './etcd-change.ts'

export interface EtcdWriterOptions extends EtcdClientOptions {
  /** Where the source has it: see `EtcdSourceOptions`. */
  readonly prefix?: string | undefined
}

/** Writes entries where an `etcdSource` with the same options reads them. */
export interface EtcdWriter {
  /** For messages, without secrets. */
  readonly name: string
  /**
   * Makes at most 64 changes at one revision, all or none: `conflict` when an entry is not as a state of revision
   * `since` had it. Rejects with `SourceError`; whether the changes were made is then not known. A reply that was lost
   * can also make a `conflict` out of changes that were made: load the state to learn which.
   */
  write(
    changes: readonly EtcdChange[],
    options: { readonly since: number; readonly signal?: AbortSignal | undefined },
  ): Promise<'committed' | 'conflict'>
}

/**
 * A writer of `<prefix>/<kind>/<id>` over etcd's v3 JSON API, for rebuilding what a backup holds. Values are written as
 * JSON, and those that a source kept because they were none, as they were.
 * Throws a `TypeError` for options that cannot work.
 */
export function etcdWriter(options: EtcdWriterOptions): EtcdWriter {
  const endpoints = endpointList(options.endpoints)
  const prefix = (options.prefix ?? '/apisix').replace(/\/+$/, '')
  const credentials = credentialsOf(options)
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs

  return {
    name: `${endpoints.name}${prefix}`,

    async write(changes, { since, signal }) {
      if (changes.length > changesPerTransaction) {
        throw new TypeError(`a transaction takes at most ${String(changesPerTransaction)} changes`)
      }
      return await endpoints.first(signal, async (endpoint) => {
        const client = openClient({ endpoint, tls: options.tls, credentials, timeoutMs, signal })
        try {
          const reply = await client.transaction(transactionOfChanges(changes, prefix, since))
          if ('error' in reply) throw reply.error
          return reply.status
        } finally {
          client.close()
        }
      })
    },
  }
}
