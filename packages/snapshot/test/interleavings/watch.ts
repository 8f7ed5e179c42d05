import type { RecordedSource, RecordedState } from './recorded-source.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** A state that was followed, and the load that it was followed from. */
export interface Followed {
  readonly state: RecordedState
  readonly load: number
}

/** Follows a source change by change. What happens there arrives late, and that its era has ended last of all. */
export interface Watch {
  /** `undefined` before anything was loaded, and when the watch is broken. */
  current(): Followed | undefined
  /** Follows from this loaded state on. */
  adopt(state: RecordedState): Followed
}

export function watchOf(
  source: RecordedSource,
  options: { readonly life: Life; readonly scheduler: Scheduler; readonly delayMs: (label: string) => number },
): Watch {
  const { life, scheduler, delayMs } = options
  let followed: Followed | undefined
  let loads = 0

  source.listeners.push(() => {
    scheduler.later(life, 'hears from the source', delayMs('hears'), () => {
      const next = followed && source.after(followed.state)
      if (next === 'lost') followed = undefined
      else if (next !== undefined) followed = { state: next, load: loads }
    })
  })

  return {
    current: () => followed,
    adopt(state) {
      loads += 1
      followed = { state, load: loads }
      return followed
    },
  }
}
