import type { Manifest } from '../format/manifest.ts'
import type { DomainContext } from '../store/domain-context.ts'

/**
 * Says so, once, when a snapshot is protected less than the one that it follows. That may be meant; most likely the key was
 * lost from somebody's settings, and it must not take a theft to find out.
 */
export function warnOfLessProtection(
  { group, domain, storage, signer, logger }: DomainContext,
  before: Manifest | undefined,
  after: Pick<Manifest, 'sequence' | 'sealing'>,
): void {
  const place = { store: storage.name, group, domain, sequence: after.sequence }
  if (before?.sealing !== undefined && after.sealing === undefined) {
    logger.warn(place, 'the snapshot before was sealed, and this one is in clear: there is no sealing key any more')
  }
  if ((before?.signatures?.length ?? 0) > 0 && signer === undefined) {
    logger.warn(place, 'the snapshot before was signed, and this one is not: who trusts keys passes it over')
  }
}
