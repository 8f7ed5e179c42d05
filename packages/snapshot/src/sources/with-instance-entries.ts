import { entryKey, type Entry, type EntryChanges } from '../entries/entry.ts'
import type { ConfigSource, SourceState, SourceUpdate } from './config-source.ts'

/**
 * A source whose instance configuration is completed by entries that it does not hold itself: a stock APISIX keeps its
 * keyring and its service discovery in `config.yaml`, and not in its etcd.
 *
 * The given entries stand above those of the source with the same kind and id. Nothing is told about when they were
 * modified. Throws `TypeError` when one is given twice.
 */
export function withInstanceEntries(source: ConfigSource, entries: readonly Entry[]): ConfigSource {
  const own = new Set(entries.map(entryKey))
  if (own.size < entries.length) throw new TypeError('an entry is given twice')
  if (own.size === 0) return source

  const complete = (state: SourceState): SourceState => ({
    ...state,
    instance: [...state.instance.filter((entry) => !own.has(entryKey(entry))), ...entries],
    modified: state.modified && {
      resources: state.modified.resources,
      instance: new Map([...state.modified.instance].filter(([key]) => !own.has(key))),
    },
  })
  const withoutOwn = ({ upserted, removed }: EntryChanges): EntryChanges => ({
    upserted: upserted.filter((entry) => !own.has(entryKey(entry))),
    removed: removed.filter((ref) => !own.has(entryKey(ref))),
  })
  const completed = (update: SourceUpdate): SourceUpdate => {
    if (update.type === 'state') return { type: 'state', state: complete(update.state) }
    return update.type === 'change' ? { ...update, instance: withoutOwn(update.instance) } : update
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
