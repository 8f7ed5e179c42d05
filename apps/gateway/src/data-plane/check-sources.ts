import { StorageError } from '@outlast/storage'
import { checkFallbackStore, checkFallbackStores } from '../storage/check-fallback-stores.ts'
import type { OpenSources } from './data-plane-sources.ts'

/** Reads the certificates for the control plane, and tries every store for real. Throws a `UserError` that names the field to mend. */
export async function checkSources({ file, link, fallbacks }: OpenSources, signal: AbortSignal): Promise<void> {
  link?.tls?.read()
  await checkFallbackStores(fallbacks, { file, access: 'read', signal })
}

/**
 * Resolves with what is wrong with the first source, when something is wrong with every one of them that no waiting
 * mends: wrong keys, a missing bucket, certificates that are not there. Never rejects.
 */
export async function mistakeInAll({ file, link, fallbacks }: OpenSources, signal: AbortSignal): Promise<unknown> {
  const mistakes = await Promise.all([
    ...(link === undefined ? [] : [mistakeOf(async () => link.tls?.read())]),
    ...fallbacks.map(async (store) =>
      mistakeOf(async () => checkFallbackStore(store, { file, access: 'read', signal })),
    ),
  ])
  return mistakes.includes(undefined) ? undefined : mistakes[0]
}

async function mistakeOf(attempt: () => Promise<unknown>): Promise<unknown> {
  return attempt().then(
    () => undefined,
    (error: unknown) => (isPassing(error) ? undefined : error),
  )
}

/** Outages end by themselves. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && StorageError.isInstance(error.cause) && error.cause.retryable
}
