import {
  SnapshotError,
  type Domain,
  type Entry,
  type Manifest,
  type Position,
  type SnapshotDraft,
} from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { itemsOf, type Content } from './content.ts'
import { KeptResources } from './kept-resources.ts'
import { domains, type Good, type OwnStore } from './own-store.ts'
import type { RememberedFields } from './remembered-fields.ts'

export interface CopyWriterOptions {
  readonly own: OwnStore
  /** Encrypts resources with the keys of their instance configuration. */
  readonly fieldsOf: (instance: Iterable<Entry>) => RememberedFields
  /** What the store can be built on, when what was read from it at the start was damaged. */
  readonly damage: () => Good | undefined
}

/** What is to be kept. */
export interface LocalCopy {
  readonly content: Content
  readonly identity: string
  readonly position: Position
}

/** Under which numbers a copy was written. */
export type CopySequences = Readonly<Record<Domain, number>>

const retention = { newest: 5, minutelyHours: 0, hourlyDays: 0 }
/** Nobody else publishes here, except a predecessor that is just being replaced. */
const pruneGraceMs = 60_000

/** Writes copies into this node's own store; each costs what has changed since the one before. */
export class CopyWriter {
  readonly #options: CopyWriterOptions
  readonly #resources = new KeptResources()
  #isHealed = false

  constructor(options: CopyWriterOptions) {
    this.#options = options
  }

  /** Rejects with what stands in the way; `mend` does what can be done about it. */
  async write({ content, identity, position }: LocalCopy, signal: AbortSignal): Promise<CopySequences> {
    await this.#healOnce(signal)
    const source = { identity }
    const keys = Array.from(itemsOf(content, 'instance'), ({ entry }) => entry)
    const instance = await this.#publish('instance', { entries: keys, position, source }, signal)
    const needs = { instance: instance.position }
    const fields = this.#options.fieldsOf(keys)
    const entries = await this.#resources.of(content, fields)
    const resources = await this.#publish('resources', { entries, position, source, needs }, signal)
    await this.#prune(retention, signal)
    return { resources: resources.sequence, instance: instance.sequence }
  }

  /** After a write that has failed with this error: makes way for the next one. Rejects when that cannot be done either. */
  async mend(error: unknown, signal: AbortSignal): Promise<void> {
    const { own } = this.#options
    // What was begun is of no use to anybody.
    await own.takeBack(signal)
    // Damaged, or written by a newer build that does not run any more: what cannot be read protects nobody.
    if (SnapshotError.isInstance(error)) await own.heal(signal)
    // Older copies are worth less than the one that is to be written.
    if (StorageError.isInstance(error) && error.code === 'no-space')
      await this.#prune({ ...retention, newest: 1 }, signal)
  }

  async #healOnce(signal: AbortSignal): Promise<void> {
    const damage = this.#isHealed ? undefined : this.#options.damage()
    if (damage === undefined) return
    await this.#options.own.heal(signal, damage)
    this.#isHealed = true
  }

  async #publish(domain: Domain, draft: SnapshotDraft, signal: AbortSignal): Promise<Manifest> {
    const publication = await this.#options.own.current[domain].begin({ signal })
    const result = await publication.publish(draft, { signal })
    if (result.status === 'lost') throw new Error('another process writes to the local store')
    if (result.status === 'refused')
      throw new Error('the local store holds a newer configuration than the one in effect')
    return result.manifest
  }

  async #prune(rule: typeof retention, signal: AbortSignal): Promise<void> {
    const store = this.#options.own.current
    for (const domain of domains) await store[domain].prune({ retention: rule, graceMs: pruneGraceMs, signal })
  }
}
