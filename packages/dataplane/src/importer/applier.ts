import { eachInSlices, type Domain, type Entry, type EntryRef, type Position } from '@outlast/snapshot'
import type { ConfigSink } from './config-sink.ts'
import { differences, emptyContent, itemOf, type Content, type ContentDifference, type ContentItem } from './content.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'

type Quarantined = DataPlaneStatus['quarantined'][number]

/** What becomes of the items of one domain. */
interface Steps {
  readonly upserted: Entry[]
  readonly removed: EntryRef[]
}

interface Plan extends Readonly<Record<Domain, Steps>> {
  readonly quarantined: ReadonlyMap<string, Quarantined>
  /** What stays in effect in the place of what is quarantined, as far as there is anything. */
  readonly stays: ReadonlyMap<string, ContentItem>
}

/** Turns what is in effect into what should be, by differences; costs what differs. */
export class Applier {
  readonly #sink: ConfigSink
  /** What was handed to `apply` last and took effect, but for what is quarantined. */
  #content: Content | undefined
  #quarantined: ReadonlyMap<string, Quarantined> = new Map()
  #stays: ReadonlyMap<string, ContentItem> = new Map()
  #report: DataPlaneStatus['quarantined'] = []

  constructor(sink: ConfigSink) {
    this.#sink = sink
  }

  get quarantined(): DataPlaneStatus['quarantined'] {
    return this.#report
  }

  /**
   * Puts a configuration into effect; equal content is no work. Resolves with whether the sink was called.
   * Rejects with what the sink rejects with, and then nothing has changed. Must not be called before the last call has ended.
   */
  async apply(content: Content, position: Position): Promise<boolean> {
    if (content.digest === this.#content?.digest) return false
    const { instance, resources, quarantined, stays } = await this.#plan(content)
    const upserted = instance.upserted.concat(resources.upserted)
    const removed = instance.removed.concat(resources.removed)
    // The first call tells the sink that it has a configuration now, even if it is an empty one.
    const called = this.#content === undefined || upserted.length + removed.length > 0
    if (called) await this.#sink.apply({ upserted, removed, version: { position, digest: content.digest } })
    this.#quarantined = quarantined
    this.#stays = stays
    this.#report = [...quarantined.values()]
    this.#content = content
    return called
  }

  async #plan(content: Content): Promise<Plan> {
    const steps = { instance: noSteps(), resources: noSteps() }
    const quarantined = new Map<string, Quarantined>()
    const stays = new Map<string, ContentItem>()
    await eachInSlices(this.#touched(content), ({ key, before, after: item }) => {
      if (item === undefined) {
        if (before !== undefined) steps[before.domain].removed.push({ kind: before.entry.kind, id: before.entry.id })
        return
      }
      if (before?.digest === item.digest) return
      const { domain, entry } = item
      const reason = item.fault ?? this.#validate(entry)
      if (reason === undefined) {
        steps[domain].upserted.push(entry)
        return
      }
      quarantined.set(key, { domain, kind: entry.kind, id: entry.id, reason })
      if (before !== undefined) stays.set(key, before)
    })
    return { ...steps, quarantined, stays }
  }

  /** What is to be looked at, with what is in effect: whatever differs, and what could not be used before. */
  *#touched(content: Content): Generator<ContentDifference, void, undefined> {
    for (const difference of differences(this.#content ?? emptyContent, content)) {
      if (!this.#quarantined.has(difference.key)) yield difference
    }
    for (const key of this.#quarantined.keys()) {
      yield { key, before: this.#stays.get(key), after: itemOf(content, key) }
    }
  }

  #validate(entry: Entry): string | undefined {
    try {
      return this.#sink.validate(entry)
    } catch (error) {
      // The message of an unexpected error may hold parts of the entry.
      return `its validation failed unexpectedly (${error instanceof Error ? error.name : typeof error})`
    }
  }
}

function noSteps(): Steps {
  return { upserted: [], removed: [] }
}
