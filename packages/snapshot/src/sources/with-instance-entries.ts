import { entryKey, type Entry, type EntryChanges } from '../entries/entry.ts'
import type { ConfigSource, SourceState, SourceUpdate } from './config-source.ts'

/**
 * A source whose instance configuration is completed by entries that it does not hold itself: a stock APISIX keeps its
 * keyring and its service discovery in `config.yaml`, and not in its etcd.
 *
 * What the source has under the same kind and id stands above what is given here. Throws `TypeError` when an entry is
 * given twice.
 */
export function withInstanceEntries(source: ConfigSource, entries: readonly Entry[]): ConfigSource {
  const own = new Map(entries.map((entry) => [entryKey(entry), entry]))
  if (own.size < entries.length) throw new TypeError('an entry is given twice')
  if (own.size === 0) return source

  const complete = (state: SourceState): SourceState => {
    const present = new Set(state.instance.map(entryKey))
    return { ...state, instance: [...state.instance, ...entries.filter((entry) => !present.has(entryKey(entry)))] }
  }
  /** What the source removes is as it was before the source had it. */
  const replaced = ({ upserted, removed }: EntryChanges): EntryChanges => ({
    upserted: [...upserted, ...removed.flatMap((ref) => own.get(entryKey(ref)) ?? [])],
    removed: removed.filter((ref) => !own.has(entryKey(ref))),
  })
  const completed = (update: SourceUpdate): SourceUpdate => {
    if (update.type === 'state') return { type: 'state', state: complete(update.state) }
    return update.type === 'change' ? { ...update, instance: replaced(update.instance) } : update
  }

  const load: ConfigSource['load'] = async (options) => complete(await source.load(options))
  if (!source.watch) return { name: source.name, load }
  return {
    name: source.name,
    load,
    async *watch(options) {
      for await (const update of source.watch?.(options) ?? []) yield completed(update)
    },
  }
}
