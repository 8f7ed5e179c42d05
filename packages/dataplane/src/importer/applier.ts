import type { Entry, EntryRef, Position } from '@outlast/snapshot'
import type { ConfigSink } from './config-sink.ts'
import type { Content, ContentItem } from './content.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'

interface Plan {
  readonly effective: ReadonlyMap<string, ContentItem>
  readonly upserted: readonly Entry[]
  readonly removed: readonly EntryRef[]
  readonly quarantined: DataPlaneStatus['quarantined']
}

/** Turns what is in effect into what should be, by differences. */
export class Applier {
  readonly #sink: ConfigSink
  #effective: ReadonlyMap<string, ContentItem> = new Map()
  #digest: string | undefined
  #quarantined: DataPlaneStatus['quarantined'] = []

  constructor(sink: ConfigSink) {
    this.#sink = sink
  }

  get quarantined(): DataPlaneStatus['quarantined'] {
    return this.#quarantined
  }

  /**
   * Puts a configuration into effect; equal content is no work. Resolves with whether the sink was called.
   * Rejects with what the sink rejects with, and then nothing has changed. Must not be called before the last call has ended.
   */
  async apply(content: Content, position: Position): Promise<boolean> {
    if (content.digest === this.#digest) return false
    const first = this.#digest === undefined
    const { effective, upserted, removed, quarantined } = this.#plan(content)
    // The first call tells the sink that it has a configuration now, even if it is an empty one.
    const called = first || upserted.length > 0 || removed.length > 0
    if (called) await this.#sink.apply({ upserted, removed, version: { position, digest: content.digest } })
    this.#effective = effective
    this.#quarantined = quarantined
    this.#digest = content.digest
    return called
  }

  #plan(content: Content): Plan {
    const effective = new Map<string, ContentItem>()
    const upserted: ContentItem[] = []
    const removed: ContentItem[] = []
    const quarantined: DataPlaneStatus['quarantined'][number][] = []
    for (const [key, item] of content.items) {
      const before = this.#effective.get(key)
      if (before?.digest === item.digest) {
        effective.set(key, before)
        continue
      }
      const reason = item.fault ?? this.#validate(item.entry)
      if (reason === undefined) {
        effective.set(key, item)
        upserted.push(item)
        continue
      }
      if (before !== undefined) effective.set(key, before)
      quarantined.push({ domain: item.domain, kind: item.entry.kind, id: item.entry.id, reason })
    }
    for (const [key, item] of this.#effective) if (!effective.has(key)) removed.push(item)
    return {
      effective,
      upserted: instanceFirst(upserted).map((item) => item.entry),
      removed: instanceFirst(removed).map(({ entry }) => ({ kind: entry.kind, id: entry.id })),
      quarantined,
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

function instanceFirst(items: readonly ContentItem[]): ContentItem[] {
  const resources = items.filter((item) => item.domain === 'resources')
  return [...items.filter((item) => item.domain === 'instance'), ...resources]
}
