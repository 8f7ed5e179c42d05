import type { ConfigVersion } from '@outlast/dataplane'
import type { ApisixSink } from '@outlast/dataplane/sinks'
import { entryKey, errorMessage, type Entry, type Logger } from '@outlast/snapshot'
import { oneAtATime } from '../one-at-a-time.ts'

export interface SwitchedSink extends ApisixSink {
  /**
   * From now on configuration takes effect there, beginning with what is in effect here. The sink from before is closed;
   * what it was driving keeps what it has.
   */
  switchTo(next: ApisixSink): void
}

/** A sink that can be replaced by another one while it is in use. */
export function switchedSink(first: ApisixSink, logger: Logger): SwitchedSink {
  const entries = new Map<string, Entry>()
  const closing = new Map<ApisixSink, Promise<void>>()
  /** By target, what it was last seen to have by a sink that is closed. */
  const lastSeen = new Map<string, string>()
  let version: ConfigVersion | undefined
  let current = first
  /** The newest one, which may have to wait for its turn. */
  let newest = first
  const inTurn = oneAtATime()

  async function close(sink: ApisixSink): Promise<void> {
    const closed = closing.get(sink) ?? sink.close()
    closing.set(sink, closed)
    await closed
  }

  return {
    validate: (entry) => newest.validate(entry),
    apply: async (change) =>
      inTurn(async () => {
        await current.apply(change)
        for (const ref of change.removed) entries.delete(entryKey(ref))
        for (const entry of change.upserted) entries.set(entryKey(entry), entry)
        version = change.version
      }),
    switchTo(next) {
      const before = newest
      newest = next
      // At once, so that what waits for a target that does not answer waits no longer. Never two at work on one target.
      const closed = close(before)
      inTurn(async () => {
        await closed
        for (const { name, digest } of before.status().targets) if (digest !== undefined) lastSeen.set(name, digest)
        current = next
        if (version !== undefined) await next.apply({ upserted: [...entries.values()], removed: [], version })
      }).catch((error: unknown) => {
        logger.error({ error: errorMessage(error) }, 'what is in effect could not be handed to the new target')
      })
    },
    status() {
      const { targets, leftOut } = current.status()
      const seen = targets.map((target) => ({ ...target, digest: target.digest ?? lastSeen.get(target.name) }))
      return { targets: seen, leftOut }
    },
    async close() {
      await close(newest)
      await inTurn(async () => {})
    },
  }
}
