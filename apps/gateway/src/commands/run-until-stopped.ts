/**
 * Runs until it ends by itself or by the first SIGINT or SIGTERM, which aborts the signal; a second one ends the
 * process at once.
 */
export async function runUntilStopped(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(1)
    controller.abort(new Error(`stopped by ${name}`))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    await run(controller.signal)
  } catch (error) {
    // Stopped in the middle of a start: that is no failure.
    if (!controller.signal.aborted || error !== controller.signal.reason) throw error
  }
}
