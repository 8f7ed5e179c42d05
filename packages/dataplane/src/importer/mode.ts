/**
 * - `starting`: nothing is in effect yet
 * - `live`: follows the control plane
 * - `holding`: the control plane is lost or not trusted; what it last said stays in effect
 * - `standalone`: a snapshot is in effect, or there is no control plane to follow
 */
export type DataPlaneMode = 'starting' | 'live' | 'holding' | 'standalone'

/**
 * - `live-taken`: a complete configuration of the control plane took effect
 * - `snapshot-taken`: a snapshot took effect
 * - `live-lost`: the control plane does not answer
 * - `live-refused`: it answers with something that must not take effect
 * - `live-removed`: there is none to follow any more
 */
export type ModeEvent = 'live-taken' | 'snapshot-taken' | 'live-lost' | 'live-refused' | 'live-removed'

/** The whole state machine. */
const transitions: Readonly<Record<DataPlaneMode, Readonly<Record<ModeEvent, DataPlaneMode>>>> = {
  starting: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'starting',
    'live-refused': 'starting',
    'live-removed': 'starting',
  },
  live: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'holding',
    'live-refused': 'holding',
    'live-removed': 'standalone',
  },
  holding: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'holding',
    'live-refused': 'holding',
    'live-removed': 'standalone',
  },
  standalone: {
    'live-taken': 'live',
    'snapshot-taken': 'standalone',
    'live-lost': 'standalone',
    'live-refused': 'standalone',
    'live-removed': 'standalone',
  },
}

export function nextMode(mode: DataPlaneMode, event: ModeEvent): DataPlaneMode {
  return transitions[mode][event]
}
