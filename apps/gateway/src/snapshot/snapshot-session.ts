import {
  SnapshotError,
  snapshotStore,
  type Domain,
  type DomainStore,
  type Manifest,
  type Snapshot,
  type SnapshotStore,
} from '@outlast/snapshot'
import { instrumented, withRetry, type StorageAdapter } from '@outlast/storage'
import { errorText } from '../error-text.ts'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import type { Progress } from './progress.ts'
import { readableBytes } from './readable.ts'
import type { StoreKeys } from './store-keys.ts'
import { storageFromUrl } from '../storage/urls/storage-from-url.ts'

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
  readonly resolve: (reference: string) => Promise<Manifest>
  /**
   * The newest snapshot that can be read as a whole, parts included, as a data plane would take it; `undefined` without
   * any. Rejects with `missing-key` rather than go back behind what only a key is missing for.
   */
  readonly newestWhole: (store?: DomainStore) => Promise<Snapshot | undefined>
  /** To decide about what is to replace `base`: signed where that one is. Throws `UserError` without the key for it. */
  decisionStore(base: Manifest): DomainStore
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
  const open = (address: string, option: string): StorageAdapter => {
    const read = { objects: 0, bytes: 0 }
    const storage = withRetry(storageFromUrl(address, { option, environment: process.env }))
    return instrumented(storage, ({ operation, outcome, bytes }) => {
      if (operation !== 'get' || outcome !== 'ok') return
      read.objects += 1
      read.bytes += bytes
      progress.say(`read ${read.objects} objects, ${readableBytes(read.bytes)}`)
    })
  }
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
  const passedOver = new Set<string>()
  /** Says once which snapshot cannot be used, and why. Throws what says nothing about the snapshot. */
  const passOver = (error: unknown, sequence: number, { domain: of }: DomainStore): void => {
    if (!SnapshotError.isInstance(error)) throw error
    const which = of === domain ? `snapshot ${sequence}` : `${of} snapshot ${sequence}`
    if (!passedOver.has(which)) note(`passed over ${which}: ${error.message}`)
    passedOver.add(which)
  }

  const requireSigner = ({ signatures, sequence }: Manifest): void => {
    if (signatures === undefined || keys.signer !== undefined) return
    throw new UserError(
      `snapshot ${sequence} is signed, so the next one has to be: give --signing-key or OUTLAST_SIGNING_KEY`,
      { exitCode: notFine },
    )
  }

  const manifestOf = async (sequence: number): Promise<Manifest> => {
    try {
      return (await stores[domain].manifest(sequence, { signal })).manifest
    } catch (error) {
      if (!SnapshotError.isInstance(error) || error.code !== 'not-found') throw error
      throw noSuchSnapshot(name, sequence)
    }
  }

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

    async resolve(reference) {
      if (reference !== 'latest') return manifestOf(sequenceOf(reference))
      const store = stores[domain]
      const sequences = await store.sequences({ signal })
      for (const sequence of sequences) {
        try {
          return (await store.manifest(sequence, { signal })).manifest
        } catch (error) {
          passOver(error, sequence, store)
        }
      }
      throw sequences.length === 0
        ? noSnapshots(name)
        : new UserError(`none of the snapshots in ${name} can be used`, { exitCode: notFine })
    },

    async newestWhole(store = stores[domain]) {
      for (const sequence of await store.sequences({ signal })) {
        try {
          return await store.load(sequence, { signal })
        } catch (error) {
          if (SnapshotError.isInstance(error) && error.code === 'missing-key') throw error
          passOver(error, sequence, store)
        }
      }
      return undefined
    },

    decisionStore(base) {
      requireSigner(base)
      return stores[base.domain]
    },

    successorStore(base) {
      const { sealing, sequence } = base
      requireSigner(base)
      if (sealing !== undefined && keys.sealingKeys.length === 0) {
        throw new UserError(
          `snapshot ${sequence} is sealed, so the next one has to be: give --sealing-key or OUTLAST_SEALING_KEY`,
          { exitCode: notFine },
        )
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

/** As the number comes from somebody, it may belong to another group or domain. */
export function noSuchSnapshot(name: string, sequence: number): UserError {
  return new UserError(`${name} has no snapshot ${sequence}`)
}

/** An empty store is most likely a wrong URL or group. */
export function noSnapshots(name: string): UserError {
  return new UserError(`there are no snapshots in ${name}`)
}
