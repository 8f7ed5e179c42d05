import { entrySet, type Domain, type EntrySet, type SourceState } from '@outlast/snapshot'

/** A source's state, in sets that remember how they were laid out: so an export costs what has changed. */
export interface ExportState extends Readonly<Record<Domain, EntrySet>> {
  readonly identity: string
  readonly revision: number
}

/** Throws `TypeError` when the source's entries are no configuration. */
export function exportState({ identity, revision, resources, instance }: SourceState): ExportState {
  return { identity, revision, resources: entrySet(resources), instance: entrySet(instance) }
}
