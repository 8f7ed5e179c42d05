// The public surface: what is listed here is what the package promises.
export {
  entryKey,
  type Configuration,
  type Domain,
  type Entry,
  type EntryChanges,
  type EntryRef,
  type JsonValue,
} from './entries/entry.ts'
export { isJsonArray } from './entries/json-array.ts'
export { entrySet, entrySetInSlices, type EntrySet } from './entries/entry-set.ts'
export { comparePositions, type Position } from './format/position.ts'
export type { ConfigSource, SourceState, SourceUpdate } from './sources/config-source.ts'
export { SourceError, type SourceErrorCode } from './sources/source-error.ts'
export { memorySource, type MemorySource } from './sources/memory-source.ts'
export { pollSource, type PollSourceOptions } from './sources/poll-source.ts'
export { withInstanceEntries } from './sources/with-instance-entries.ts'
export { canonicalJson } from './entries/canonical-json.ts'
export { eachInSlices, mapInSlices } from './entries/in-slices.ts'
export { entryDigest } from './format/entry-digest.ts'
export { jsonPointer, namesInPointer } from './entries/json-pointer.ts'
export { diffEntries } from './diff/diff-entries.ts'
export { diffValues, type JsonPatchOperation } from './diff/diff-values.ts'
export { compareEntries, type ChangedEntry, type EntryComparison } from './diff/compare-entries.ts'
export { isMassChange } from './diff/is-mass-change.ts'
export type { SnapshotDiff } from './diff/diff-snapshots.ts'
export type { SnapshotProblem, SnapshotVerdict } from './store/verify-snapshots.ts'
export type { NewestVerdict } from './store/verify-newest.ts'
export type { PartsCheck } from './publish/lost-parts.ts'
export type { Act, Approval, Hold, Manifest, Needs, PartReference, Sealing, Signature } from './format/manifest.ts'
export { SnapshotError, type SnapshotErrorCode } from './snapshot-error.ts'
export {
  snapshotStore,
  type SealingOptions,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from './store/snapshot-store.ts'
export type { AcceptResult, DecidedBy, OperatorActions } from './publish/operator.ts'
export { approvalId, type AcceptApproval, type ApprovalSubject } from './format/approval-subject.ts'
export { entryCount, highestRecentCount, type RecentCount } from './format/recent-counts.ts'
export type { StoredApproval } from './store/approval-files.ts'
export type { HeadBeat, HeldCandidate } from './store/head.ts'
export { holdReason } from './format/hold-reason.ts'
export type { Floor } from './store/floor.ts'
export type { Signer, TrustedKey } from './signing/signer.ts'
export { ed25519Signer, ed25519TrustedKey, generateSigningKey, type SigningKey } from './signing/ed25519.ts'
export type { SealingKey } from './sealing/sealing-key.ts'
export { generateSealingSecret, localSealingKey } from './sealing/local-sealing-key.ts'
export { fieldKeyring, type FieldKeyring } from './keyring/field-keyring.ts'
export type { FieldKey } from './keyring/field-key.ts'
export {
  fieldCipher,
  type FieldCipher,
  type FieldCipherOptions,
  type FieldFailure,
  type RevealedEntry,
} from './keyring/field-cipher.ts'
export { isSameProtection, type FieldProtection, type ProtectionOf } from './keyring/field-protection.ts'
export { extendSensitiveFields, type SensitiveFields } from './keyring/sensitive-fields.ts'
export { fieldReplacer, type FieldReplacer } from './keyring/field-replacer.ts'
export type { ReplaceField } from './keyring/field-tree.ts'
export { needsKeys } from './keyring/needs-keys.ts'
export { isEncryptedValue, keyIdsIn } from './keyring/encrypted-value.ts'
export type { DomainStore } from './store/domain-store.ts'
export type { Publication } from './publish/publication.ts'
export type { PruneReport } from './retention/prune.ts'
export { checkRetention, type Retention } from './retention/retention.ts'
export type { ReplicationProblem, ReplicationReport } from './replication/replication-report.ts'
export type { Replicator } from './replication/replicator.ts'
export type { PublishResult, SnapshotDraft } from './publish/publish-draft.ts'
export type { LatestSnapshot } from './store/newest-manifest.ts'
export type { Snapshot } from './store/load-snapshot.ts'
export { silentLogger, type Logger } from './logger.ts'
export { systemClock, type Clock } from './clock.ts'
// For roles and sources: waiting and telling, alike everywhere.
export { backOffMs, type BackOffOptions } from './back-off.ts'
export { errorMessage } from './error-message.ts'
export { untilAborted } from './until-aborted.ts'
