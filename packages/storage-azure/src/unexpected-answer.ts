import { StorageError } from '@outlast/storage'

/** For an answer that SDK and HTTP take for a success, but that Azure does not give. */
export function unexpectedAnswer(problem: string, cause?: unknown): StorageError {
  return new StorageError({
    code: 'invalid-response',
    message: `the answer is not Azure's (${problem}); is there a proxy in between?`,
    cause,
  })
}

/** Every answer of the service names its version (`x-ms-version`); a proxy's page does not. */
export function checkAnswer(response: { readonly version?: string }): void {
  if (response.version === undefined) throw unexpectedAnswer('it has no x-ms-version')
}
