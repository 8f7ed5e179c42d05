import { StorageError } from '@outlast/storage'

/** For an answer that SDK and HTTP take for a success, but that no S3 server gives. */
export function unexpectedAnswer(problem: string, cause?: unknown): StorageError {
  return new StorageError({
    code: 'invalid-response',
    message: `the answer is not S3's (${problem}); is there a proxy in between?`,
    cause,
  })
}
