import { StorageError } from '@outlast/storage'

/** The `StorageError` that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<StorageError> {
  try {
    await call
  } catch (error) {
    if (StorageError.isInstance(error)) return error
    throw error
  }
  throw new Error('the call succeeded')
}
