import type { ChaosFault } from './chaos-fault.ts'

/** What arrives on one side of a connection: bytes, its end (FIN), or its breaking off (RST). */
type Arrival = Buffer | 'end' | 'reset'

export interface RelayOptions {
  readonly fault: ChaosFault
  /** Given what may pass, once it may. */
  deliver(arrival: Arrival): void
  /** How many bytes may pass after a fault was set. Default: all of them. */
  limitOf?(fault: ChaosFault): number
  /** Called when there is more than may pass, which waits for another fault. */
  onLimit?(): void
}

/** One direction of a connection, at the pace of the fault of the moment. */
export interface Relay {
  receive(arrival: Arrival): void
  setFault(fault: ChaosFault): void
  /** Forgets what waits. */
  close(): void
}

const slicesPerSecond = 20

export function relay(options: RelayOptions): Relay {
  let { fault } = options
  // Held in memory, and the sockets always read: of one that is not read, nobody learns when it is closed.
  let waiting: { arrival: Arrival; readonly arrivedAtMs: number }[] = []
  let passedBytes = 0
  let readyAtMs = 0
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    clearTimeout(timer)
    while (passFirst());
  }

  /** Says whether the next one may have its turn. */
  const passFirst = (): boolean => {
    const [first] = waiting
    if (first === undefined || fault === 'black-hole') return false
    const delayMs = typeof fault === 'object' && 'delayMs' in fault ? fault.delayMs : 0
    const waitMs = Math.max(first.arrivedAtMs + delayMs, readyAtMs) - performance.now()
    if (waitMs > 0) {
      timer = setTimeout(flush, waitMs)
      return false
    }
    const { arrival } = first
    const passing = typeof arrival === 'string' ? arrival : sliceOf(arrival)
    if (passing.length === 0) {
      options.onLimit?.()
      return false
    }
    if (typeof arrival !== 'string' && passing.length < arrival.length) {
      first.arrival = arrival.subarray(passing.length)
    } else {
      waiting.shift()
    }
    options.deliver(passing)
    return true
  }

  /** How much of the bytes passes now; it counts as passed. */
  const sliceOf = (bytes: Buffer): Buffer => {
    const limit = options.limitOf?.(fault) ?? Infinity
    const slice = bytes.subarray(0, Math.min(sliceBytes(fault), limit - passedBytes))
    passedBytes += slice.length
    if (typeof fault === 'object' && 'bytesPerSecond' in fault) {
      readyAtMs = performance.now() + (1_000 * slice.length) / fault.bytesPerSecond
    }
    return slice
  }

  return {
    receive(arrival) {
      waiting.push({ arrival, arrivedAtMs: performance.now() })
      flush()
    },
    setFault(next) {
      fault = next
      passedBytes = 0
      readyAtMs = 0
      flush()
    },
    close() {
      clearTimeout(timer)
      waiting = []
    },
  }
}

/** How much passes at a time. */
function sliceBytes(fault: ChaosFault): number {
  if (typeof fault === 'string' || !('bytesPerSecond' in fault)) return Infinity
  return Math.max(1, Math.floor(fault.bytesPerSecond / slicesPerSecond))
}
