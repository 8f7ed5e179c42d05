import type { Domain, Entry } from '@outlast/snapshot'
import { restoreEntries, type RestoreMode, type RestoreResult } from '../../../src/snapshot/restore/restore-entries.ts'
import type { RestoreTarget } from '../../../src/snapshot/restore/restore-target.ts'

/** Restores resources, as the command does. */
export async function restore(
  target: RestoreTarget,
  entries: readonly Entry[],
  options: { readonly mode?: RestoreMode; readonly domains?: readonly Domain[]; readonly signal?: AbortSignal } = {},
): Promise<RestoreResult> {
  const { mode = 'into-empty', domains = ['resources'], signal = new AbortController().signal } = options
  return restoreEntries({ target, entries, mode, domains, signal, onProgress: () => {} })
}

/** What a first run into an empty target comes to. */
export function allAdded(count: number): RestoreResult {
  return { added: count, changed: 0, deleted: 0, kept: 0, refused: [], different: [] }
}
