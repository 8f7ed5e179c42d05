import type { DataPlane, DataPlaneOptions, DataPlaneSources } from './data-plane.ts'
import type { DataPlaneControl } from './data-plane-control.ts'
import { dataPlaneParts, type DataPlaneParts } from './data-plane-parts.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { operatorControl } from './operator-control.ts'
import type { DataPlanePace } from './pace.ts'
import { Reconciler } from './reconciler.ts'
import { reportStatus } from './report-status.ts'

/** Makes a data plane: it picks the right source at every moment and feeds the sink. It does nothing before `start`. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new Importer(options)
}

class Importer implements DataPlane {
  readonly control: DataPlaneControl
  readonly #end = new AbortController()
  readonly #parts: DataPlaneParts
  readonly #reconciler: Reconciler
  readonly #ready = Promise.withResolvers<void>()
  #stopped: Promise<void> | undefined
  #loops: Promise<unknown> | undefined

  constructor(options: DataPlaneOptions) {
    const { signal } = this.#end
    const parts = dataPlaneParts(options, signal)
    this.#parts = parts
    this.#reconciler = new Reconciler(parts, {
      bootTimeoutMs: options.bootTimeoutMs ?? 2_000,
      signal,
      onTaken: () => this.#ready.resolve(),
    })
    const { book, pinned, clock, logger, sources, inEffect, delayed, turn, floors, wake } = parts
    this.control = operatorControl({
      book,
      pinned,
      clock,
      logger,
      signal,
      stores: () => sources.stores,
      running: () => inEffect.current?.digest,
      acceptable: () => this.#reconciler.decision?.acceptable,
      resetFloors: async () => floors?.reset(),
      fetch: () => {
        sources.hurry(({ offer }) => {
          if (offer !== undefined) delayed.release(offer.digest)
          wake.call()
        })
      },
      onChange: () => {
        turn.comeNow()
        wake.call()
      },
    })
    // Who waits for it gets the rejection; when nobody does it must not end the process.
    this.#ready.promise.catch(() => {})
  }

  async start({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#loops !== undefined || this.#stopped !== undefined)
      throw new Error('a data plane can be started only once')
    signal?.throwIfAborted()
    const onAbort = (): void => {
      this.#ready.reject(signal?.reason)
      void this.stop()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#end.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort), { once: true })
    const { sources, local } = this.#parts
    sources.start()
    this.#loops = Promise.all([local?.run(this.#end.signal), this.#reconciler.run()])
    await this.#ready.promise
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  reconfigure(changes: DataPlaneSources & DataPlanePace): void {
    this.#parts.pace.adopt(changes)
    this.#parts.sources.replace(changes)
    this.#parts.wake.call()
  }

  status(): DataPlaneStatus {
    return reportStatus(this.#parts, this.#reconciler)
  }

  async #stop(): Promise<void> {
    this.#ready.reject(
      new DOMException('The data plane was stopped before a configuration was in effect', 'AbortError'),
    )
    const { installer, sources, guard, book, floors } = this.#parts
    installer.finish()
    this.#end.abort()
    await sources.stop()
    await this.#loops
    await guard?.idle()
    await book.idle()
    await floors?.finish()
  }
}
