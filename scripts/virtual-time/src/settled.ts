import { waitsForNextTurn } from './watched-timers.ts'

/**
 * Lets everything come to rest that waits for nothing but promises, turns of the event loop and files.
 *
 * One turn makes all microtasks that there are, however many, and whatever else the machine does. There is another one only
 * while somebody has asked for it, or while another thread reads or writes a file. With `@outlast/virtual-time/at-once`
 * nothing else is left to wait for, so this is no guess.
 */
export async function settled(): Promise<void> {
  do {
    await new Promise((resolve) => setImmediate(resolve))
  } while (waitsForNextTurn() || process.getActiveResourcesInfo().some((name) => fileWork.test(name)))
}

/** What Node.js calls a read or write in progress, and the closing of a file. */
const fileWork = /^FSReq|CloseReq$/
