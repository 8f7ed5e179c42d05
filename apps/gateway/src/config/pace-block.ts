import { defaultPace, type PaceInForce } from '@outlast/dataplane'
import { z } from 'zod'

const seconds = z
  .number('must be a number of seconds')
  .min(0, 'must not be below 0')
  .max(86_400, 'must be a day at most, 86400')
  .optional()

/** How soon a node goes along with what is new, in seconds; keys of `deployment.role_data_plane`. */
export const paceKeys = { return_jitter: seconds, apply_delay: seconds, stable_after: seconds }

interface PaceBlock {
  readonly return_jitter?: number | undefined
  readonly apply_delay?: number | undefined
  readonly stable_after?: number | undefined
}

/** What is not in the block has its default. */
export function paceOf({
  return_jitter: jitter,
  apply_delay: delay,
  stable_after: stable,
}: PaceBlock = {}): PaceInForce {
  return {
    returnJitterMs: milliseconds(jitter) ?? defaultPace.returnJitterMs,
    applyDelayMs: milliseconds(delay) ?? defaultPace.applyDelayMs,
    stableAfterMs: milliseconds(stable) ?? defaultPace.stableAfterMs,
  }
}

function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000)
}
