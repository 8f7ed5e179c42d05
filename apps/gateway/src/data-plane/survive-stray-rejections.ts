import type { Logger } from '@outlast/snapshot'
import { errorText } from '../error-text.ts'

/**
 * Until it is disposed of, a promise that is rejected while nobody waits for it is logged as an error, with the place,
 * instead of ending the process: a mistake in a source or a library must not take traffic with it.
 */
export function surviveStrayRejections(logger: Logger): Disposable {
  const onRejection = (reason: unknown): void => {
    logger.error(
      { reason: errorText(reason), at: placesOf(reason) },
      'a failure that nobody waits for; please report it',
    )
  }
  process.on('unhandledRejection', onRejection)
  return { [Symbol.dispose]: () => process.off('unhandledRejection', onRejection) }
}

function placesOf(reason: unknown): readonly string[] {
  const stack = reason instanceof Error ? (reason.stack ?? '') : ''
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return frames.slice(0, 10).map((line) => line.trim())
}
