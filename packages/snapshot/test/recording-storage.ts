import type { StorageAdapter } from '@outlast/storage'
import { faultyStorage, type Fault, type FaultyCall } from '@outlast/storage-testkit'

/** A store that writes down every call, and can be told to misbehave. */
export interface RecordingStorage extends StorageAdapter {
  readonly calls: FaultyCall[]
  /** Asked for every call; `undefined` lets it through. */
  fault: (call: FaultyCall) => Fault | undefined
  /** Keys of these calls since the last `forget`. */
  keysOf(operation: FaultyCall['operation']): string[]
  forget(): void
}

export function recordingStorage(inner: StorageAdapter): RecordingStorage {
  const calls: FaultyCall[] = []
  const recording = {
    calls,
    fault: (): Fault | undefined => undefined,
    keysOf: (operation: FaultyCall['operation']) =>
      calls.filter((call) => call.operation === operation).map(({ key }) => key),
    forget: () => {
      calls.length = 0
    },
  } satisfies Omit<RecordingStorage, keyof StorageAdapter>
  const storage = faultyStorage(inner, {
    onCall(call) {
      calls.push(call)
      return result.fault(call)
    },
  })
  const result: RecordingStorage = Object.assign(recording, storage)
  return result
}
