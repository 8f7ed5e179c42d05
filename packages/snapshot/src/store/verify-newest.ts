import type { SignalOptions } from './domain-context.ts'
import type { LostParts, PartsCheck } from '../publish/lost-parts.ts'
import type { ManifestLog } from './manifest-log.ts'

/** Whether the newest snapshot can be loaded, and what stands in the way. */
export interface NewestVerdict extends PartsCheck {
  /** Absent when no manifest can be used. */
  readonly sequence?: number | undefined
  /** Manifests that cannot be used, above the one that can. */
  readonly unusable: number
}

/** Remembers nothing but lost parts, so that it may run beside a publication. */
export async function verifyNewest(
  log: ManifestLog,
  lostParts: LostParts,
  options: SignalOptions = {},
): Promise<NewestVerdict | undefined> {
  const sequences = await log.sequences(options)
  for (const [unusable, sequence] of sequences.entries()) {
    const read = await log.tryRead(sequence, options)
    if (typeof read === 'object') return { sequence, unusable, ...(await lostParts.look(read.manifest, options)) }
  }
  return sequences.length === 0 ? undefined : { unusable: sequences.length, parts: 0, missing: 0, damaged: 0 }
}
