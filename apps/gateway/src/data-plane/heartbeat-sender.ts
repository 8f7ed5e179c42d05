import type { ControlPlaneLink } from '../config/control-plane-link.ts'
import { reportHeartbeats, type HeartbeatReportsOptions } from './heartbeat-reports.ts'
import { isSameLink } from './live-source.ts'

/** Tells the control plane of a node how the node is. Never throws, and nobody has to wait for it. */
export interface HeartbeatSender {
  /** From now on it reports there; to nobody without a link. Goes on as before when the same is asked for. */
  reportTo(link: ControlPlaneLink | undefined): void
  /** Ends what is on its way, too. */
  stop(): void
}

export function heartbeatSender(options: Omit<HeartbeatReportsOptions, 'link' | 'signal'>): HeartbeatSender {
  let current: ControlPlaneLink | undefined
  let reports = new AbortController()
  return {
    reportTo(link) {
      if (isSameLink(link, current)) return
      reports.abort()
      reports = new AbortController()
      current = link
      if (link !== undefined) void reportHeartbeats({ ...options, link, signal: reports.signal })
    },
    stop: () => reports.abort(),
  }
}
