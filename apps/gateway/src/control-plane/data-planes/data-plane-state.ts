/**
 * How a data plane is, in API7's words. `healthy`: it reports, and follows the control plane. `only-heartbeat`: it reports,
 * and runs something else. `lost-connection`: it has not reported for 30 seconds. `offline`: nor for two hours.
 */
export const dataPlaneStates = ['healthy', 'only-heartbeat', 'lost-connection', 'offline'] as const

export type DataPlaneState = (typeof dataPlaneStates)[number]

/** Three heartbeats. */
const lostAfterMs = 30_000
const offlineAfterMs = 2 * 3_600_000
/** When a data plane that does not report is forgotten. */
export const forgottenAfterMs: number = 7 * 24 * 3_600_000

/** The state of one that last reported so long ago. */
export function dataPlaneState({
  mode,
  silentMs,
}: {
  readonly mode: string
  readonly silentMs: number
}): DataPlaneState {
  if (silentMs >= offlineAfterMs) return 'offline'
  if (silentMs >= lostAfterMs) return 'lost-connection'
  return mode === 'live' ? 'healthy' : 'only-heartbeat'
}
