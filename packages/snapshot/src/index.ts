// The public surface: what is listed here is what the package promises.
export {
  entryKey,
  type Configuration,
  type Domain,
  type Entry,
  type EntryChanges,
  type EntryRef,
  type JsonValue,
} from './entry.ts'
export { entrySet, type EntrySet } from './entry-set.ts'
export { comparePositions, type Position } from './position.ts'
export type { ConfigSource, SourceState, SourceUpdate } from './config-source.ts'
export { SourceError, type SourceErrorCode } from './source-error.ts'
export { memorySource, type MemorySource } from './memory-source.ts'
export { pollSource, type PollSourceOptions } from './poll-source.ts'
export { canonicalJson } from './canonical-json.ts'
export { diffEntries } from './diff-entries.ts'
export { diffValues, type JsonPatchOperation } from './diff-values.ts'
export { compareEntries, type ChangedEntry, type EntryComparison } from './compare-entries.ts'
export type { SnapshotDiff } from './diff-snapshots.ts'
export type { SnapshotProblem, SnapshotVerdict } from './verify-snapshots.ts'
export type { Manifest, PartReference } from './manifest.ts'
export { SnapshotError, type SnapshotErrorCode } from './snapshot-error.ts'
export { snapshotStore, type SnapshotStore, type SnapshotStoreOptions } from './snapshot-store.ts'
export type { DomainStore } from './domain-store.ts'
export type { Publication } from './publication.ts'
export type { PublishResult, SnapshotDraft } from './publish-draft.ts'
export type { LatestSnapshot } from './newest-manifest.ts'
export type { Snapshot } from './load-snapshot.ts'
export { silentLogger, type Logger } from './logger.ts'
export { systemClock, type Clock } from './clock.ts'
// For roles and sources: waiting and telling, alike everywhere.
export { backOffMs, type BackOffOptions } from './back-off.ts'
export { errorMessage } from './error-message.ts'
export { untilAborted } from './until-aborted.ts'
