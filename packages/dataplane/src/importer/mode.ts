/**
 * - `starting`: nothing is in effect yet
 * - `live`: follows the control plane
 * - `holding`: the control plane is lost or not followed; what was in effect stays in effect
 * - `standalone`: a snapshot is in effect, or there is no control plane to follow
 */
export type DataPlaneMode = 'starting' | 'live' | 'holding' | 'standalone'

/** What can happen to a mode; the values say what each one means. */
export const modeEvents = {
  'live-taken': 'a complete configuration of the control plane took effect',
  'snapshot-taken': 'a snapshot took effect',
  'live-lost': 'the control plane does not answer',
  'live-refused': 'it answers with something that must not take effect',
  'live-removed': 'there is none to follow, or an operator ordered not to',
  'operator-held': 'it answers, and an operator has frozen or pinned what is in effect',
} as const

export type ModeEvent = keyof typeof modeEvents

/** The whole state machine: which event leads where. Which event it is, and what is done, is decided by `rules`. */
export const transitions: Readonly<Record<DataPlaneMode, Readonly<Record<ModeEvent, DataPlaneMode>>>> = {
  starting: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'starting',
    'live-refused': 'starting',
    'live-removed': 'starting',
    'operator-held': 'starting',
  },
  live: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'holding',
    'live-refused': 'holding',
    'live-removed': 'standalone',
    'operator-held': 'holding',
  },
  holding: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'holding',
    'live-refused': 'holding',
    'live-removed': 'standalone',
    'operator-held': 'holding',
  },
  standalone: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'standalone',
    'live-refused': 'standalone',
    'live-removed': 'standalone',
    'operator-held': 'standalone',
  },
}

export function nextMode(mode: DataPlaneMode, event: ModeEvent): DataPlaneMode {
  return transitions[mode][event]
}
