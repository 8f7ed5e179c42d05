import {
  SnapshotError,
  snapshotStore,
  type Domain,
  type DomainStore,
  type Manifest,
  type SnapshotStore,
} from '@outlast/snapshot'
import { withRetry, type StorageAdapter } from '@outlast/storage'
import { errorText } from '../error-text.ts'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import { meteredStorage } from './metered-storage.ts'
import type { Progress } from './progress.ts'
import { readableBytes } from './readable.ts'
import type { StoreKeys } from './store-keys.ts'
import { storageFromUrl } from './store-url.ts'

/** What every subcommand works with. */
export interface SnapshotSession {
  /** Of the domain that was asked for. */
  readonly store: DomainStore
  readonly group: string
  /** The other half: the keyring that resources are encrypted with is in there. */
  readonly instance: DomainStore
  /** The store, group and domain, for people. */
  readonly name: string
  readonly json: boolean
  readonly signal: AbortSignal
  readonly progress: Progress
  /** Standard output: what was asked for. */
  print(text: string): void
  printJson(value: unknown): void
  /** Standard error: what should be known about it. */
  readonly note: (text: string) => void
  /** The snapshot that `SEQ` or `latest` stands for. */
  readonly resolve: (reference: string, store?: DomainStore) => Promise<Manifest>
  /** To publish on top of `base`: signed and sealed where that one is. Throws `UserError` without the keys for it. */
  successorStore(base: Manifest): DomainStore
}

export interface SessionOptions {
  readonly url: string
  readonly instanceUrl: string | undefined
  readonly group: string
  readonly domain: Domain
  readonly json: boolean
  readonly keys: StoreKeys
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Opens the stores. Throws `UserError`; reaches out to nothing. */
export function openSession(options: SessionOptions): SnapshotSession {
  const { url, instanceUrl = url, group, domain, json, keys, progress, signal } = options
  const open = (address: string, option: string): StorageAdapter =>
    meteredStorage(withRetry(storageFromUrl(address, { option, environment: process.env })), ({ objects, bytes }) =>
      progress.say(`read ${objects} objects, ${readableBytes(bytes)}`),
    )
  const resources = open(url, '--store')
  const storages = {
    resources,
    instance: instanceUrl === url ? resources : open(instanceUrl, '--instance-store'),
  }

  const openStores = (sealed: readonly Domain[]): SnapshotStore => {
    const { signer, trustedKeys, sealingKeys } = keys
    try {
      return snapshotStore({
        group,
        ...storages,
        signer,
        trustedKeys,
        sealing: { keys: sealingKeys, domains: sealed },
      })
    } catch (error) {
      throw new UserError(`--signing-key: ${errorText(error)}`, { cause: error })
    }
  }

  const stores = openStores([])
  const name = `${storages[domain].name} (${group}, ${domain})`
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    progress.clear()
    stream.write(text)
  }
  const note = (text: string): void => write(process.stderr, `outlast: ${text}\n`)

  return {
    store: stores[domain],
    instance: stores.instance,
    group,
    name,
    json,
    signal,
    progress,
    print: (text) => write(process.stdout, `${text}\n`),
    printJson: (value) => write(process.stdout, `${JSON.stringify(value, undefined, 2)}\n`),
    note,

    async resolve(reference, store = stores[domain]) {
      if (reference !== 'latest') return (await store.manifest(sequenceOf(reference), { signal })).manifest
      const sequences = await store.sequences({ signal })
      for (const sequence of sequences) {
        try {
          return (await store.manifest(sequence, { signal })).manifest
        } catch (error) {
          if (!SnapshotError.isInstance(error)) throw error
          note(`passed over snapshot ${sequence}: ${error.message}`)
        }
      }
      throw sequences.length === 0
        ? noSnapshots(name)
        : new UserError(`none of the snapshots in ${name} can be used`, { exitCode: notFine })
    },

    successorStore({ signatures, sealing, sequence }) {
      if (signatures !== undefined && keys.signer === undefined) {
        throw new UserError(`snapshot ${sequence} is signed, so the next one has to be: give --signing-key`)
      }
      if (sealing !== undefined && keys.sealingKeys.length === 0) {
        throw new UserError(`snapshot ${sequence} is sealed, so the next one has to be: give --sealing-key`)
      }
      return openStores(sealing === undefined ? [] : [domain])[domain]
    },
  }
}

/** A number on the command line that names a snapshot. */
export function sequenceOf(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text)
  throw new UserError(`"${text}" is neither the number of a snapshot nor latest`)
}

/** An empty store is most likely a wrong URL or group. */
export function noSnapshots(name: string): UserError {
  return new UserError(`there are no snapshots in ${name}`)
}
