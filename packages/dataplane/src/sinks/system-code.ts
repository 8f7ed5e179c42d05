/** The code of a system's or library's error, such as `ENOSPC`; it holds nothing of what was read or written. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
