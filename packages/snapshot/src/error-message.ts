/** What to log of something that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is no error was thrown'
}
