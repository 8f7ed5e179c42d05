/** The HTTP methods that routes and health checks can name. */
export const methodNames = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'PURGE',
] as const

export type MethodName = (typeof methodNames)[number]
