import { StorageError } from '@outlast/storage'

/** For an answer that HTTP takes for a success, but that Google Cloud Storage does not give. */
export function unexpectedAnswer(problem: string, cause?: unknown): StorageError {
  return new StorageError({
    code: 'invalid-response',
    message: `the answer is not Cloud Storage's (${problem}); is there a proxy in between?`,
    cause,
  })
}
