import type { Domain, Entry, EntryRef, Position } from '@outlast/snapshot'
import type { ConfigSink } from './config-sink.ts'
import { differences, emptyContent, itemOf, type Content, type ContentItem } from './content.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { eachInSlices } from './in-slices.ts'

type Quarantined = DataPlaneStatus['quarantined'][number]

/** What becomes of the items of one domain. */
interface Steps {
  readonly upserted: Entry[]
  readonly removed: EntryRef[]
}

interface Plan extends Readonly<Record<Domain, Steps>> {
  /** By key; `undefined` is no longer in effect. */
  readonly effective: ReadonlyMap<string, ContentItem | undefined>
  readonly quarantined: ReadonlyMap<string, Quarantined>
}

/** Turns what is in effect into what should be, by differences; costs what differs. */
export class Applier {
  readonly #sink: ConfigSink
  /** What was handed to `apply` last and took effect, but for what is quarantined. */
  #content: Content | undefined
  readonly #effective = new Map<string, ContentItem>()
  #quarantined: ReadonlyMap<string, Quarantined> = new Map()
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
    const first = this.#content === undefined
    const { instance, resources, effective, quarantined } = await this.#plan(content)
    // The first call tells the sink that it has a configuration now, even if it is an empty one.
    const called = first || effective.size > 0
    if (called) {
      await this.#sink.apply({
        upserted: instance.upserted.concat(resources.upserted),
        removed: instance.removed.concat(resources.removed),
        version: { position, digest: content.digest },
      })
    }
    await eachInSlices(effective, ([key, item]) => {
      if (item === undefined) this.#effective.delete(key)
      else this.#effective.set(key, item)
    })
    this.#quarantined = quarantined
    this.#report = [...quarantined.values()]
    this.#content = content
    return called
  }

  async #plan(content: Content): Promise<Plan> {
    const steps = { instance: noSteps(), resources: noSteps() }
    const effective = new Map<string, ContentItem | undefined>()
    const quarantined = new Map<string, Quarantined>()
    await eachInSlices(this.#touched(content), ([key, item]) => {
      const before = this.#effective.get(key)
      if (item === undefined) {
        if (before === undefined) return
        steps[before.domain].removed.push({ kind: before.entry.kind, id: before.entry.id })
        effective.set(key, undefined)
        return
      }
      if (before?.digest === item.digest) return
      const { domain, entry } = item
      const reason = item.fault ?? this.#validate(entry)
      if (reason !== undefined) {
        quarantined.set(key, { domain, kind: entry.kind, id: entry.id, reason })
        return
      }
      steps[domain].upserted.push(entry)
      effective.set(key, item)
    })
    return { ...steps, effective, quarantined }
  }

  /** What is to be looked at, with what it should be: whatever differs, and what could not be used before. */
  *#touched(content: Content): Generator<readonly [key: string, item: ContentItem | undefined], void, undefined> {
    for (const { key, after } of differences(this.#content ?? emptyContent, content)) {
      if (!this.#quarantined.has(key)) yield [key, after]
    }
    for (const key of this.#quarantined.keys()) yield [key, itemOf(content, key)]
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
