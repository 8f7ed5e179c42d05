import { errorText } from '../error-text.ts'

/** How the re-readings of the configuration file went. */
export interface ReloadReport {
  /** How many were asked for since the start … */
  readonly requested: number
  /** … and how many of them have ended. */
  readonly ended: number
  /** When the last one ended, in milliseconds since the Unix epoch. */
  readonly at?: number | undefined
  /** Why the last one was refused; it changed nothing. */
  readonly error?: string | undefined
}

/** Runs reloads one after the other, in the order in which they were asked for. */
export interface ReloadQueue {
  request(): void
  /** From now on each request reloads. Those before have waited: what they would change was not there yet. */
  open(reload: () => Promise<void>): void
  report(): ReloadReport
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>
}

export function reloadQueue(): ReloadQueue {
  const opened = Promise.withResolvers<() => Promise<void>>()
  let isOpen = false
  let last: Promise<unknown> = opened.promise
  let report: ReloadReport = { requested: 0, ended: 0 }

  async function run(): Promise<void> {
    const reload = await opened.promise
    const error = await reload().then(() => undefined, errorText)
    report = { requested: report.requested, ended: report.ended + 1, at: Date.now(), error }
  }

  return {
    request() {
      report = { ...report, requested: report.requested + 1 }
      last = last.then(run)
    },
    open(reload) {
      isOpen = true
      opened.resolve(reload)
    },
    report: () => report,
    idle: async () => {
      if (isOpen) await last
    },
  }
}
