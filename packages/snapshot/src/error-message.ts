/** What to log or show of something that was thrown. What is no error is not quoted: it may hold anything. */
export function errorMessage(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'failed without a message'
}
