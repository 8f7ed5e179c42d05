import { StorageError } from '@outlast/storage'

/** For an answer that HTTP takes for a success, but that Google Cloud Storage does not give. */
export function unexpectedAnswer(name: string, problem: string, cause?: unknown): StorageError {
  return new StorageError({
    code: 'invalid-response',
    storage: name,
    message: `${name}: the answer is not Cloud Storage's (${problem}); is there a proxy in between?`,
    cause,
  })
}
