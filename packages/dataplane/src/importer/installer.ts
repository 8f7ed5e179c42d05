import type { Clock } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import type { Take } from './decide.ts'
import type { InEffect } from './in-effect.ts'
import type { LocalCopy } from './copy-writer.ts'
import type { LocalStore } from './local-store.ts'
import type { PoisonGuard } from './poison-guard.ts'
import { Probation } from './probation.ts'

export interface InstallerOptions {
  readonly inEffect: InEffect
  readonly guard: PoisonGuard | undefined
  readonly local: LocalStore | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What took effect. */
interface Taken {
  readonly digest: string
  /** What is to be kept of it; `undefined` when this node has it already, or is not to start from it by itself. */
  readonly copy: LocalCopy | undefined
}

/** A configuration that kills the process later than this after it took effect is not recognized. */
const probationMs = 1_000

/**
 * Puts configurations into effect so that the next process knows of what this one died, and keeps a copy only of what has
 * served.
 */
export class Installer {
  readonly #options: InstallerOptions
  readonly #probation: Probation<Taken>

  constructor(options: InstallerOptions) {
    this.#options = options
    const { clock, signal } = options
    this.#probation = new Probation({ clock, signal, ms: probationMs, onPassed: (taken) => this.#serves(taken) })
  }

  /** Resolves with whether it is in effect now; when it is not, nothing has changed. Never rejects. */
  async install(take: Take<Candidate>, { isKept }: { readonly isKept: boolean }): Promise<boolean> {
    const { inEffect, guard } = this.#options
    const { digest, identity, content } = take.offer
    if (digest !== inEffect.current?.digest) await guard?.begin(digest)
    if (!(await inEffect.take(take))) {
      guard?.end(digest)
      return false
    }
    const taken = { digest, copy: isKept ? { identity, content, position: take.position } : undefined }
    if (guard === undefined) this.#serves(taken)
    else this.#probation.add(taken)
    return true
  }

  /** What serves until now is not to blame for what comes next, and is worth a copy. */
  finish(): void {
    this.#probation.finish()
  }

  #serves({ digest, copy }: Taken): void {
    const { guard, local } = this.#options
    guard?.end(digest)
    if (copy !== undefined) local?.save(copy)
  }
}
