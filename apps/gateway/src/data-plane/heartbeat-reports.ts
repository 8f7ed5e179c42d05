import type { Clock, Logger } from '@outlast/snapshot'
import { etcdOptions, type ControlPlaneLink } from '../config/control-plane-link.ts'
import { errorText } from '../error-text.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { heartbeatLine, type HeartbeatLine } from './heartbeat-line.ts'

export interface HeartbeatReportsOptions {
  readonly link: ControlPlaneLink
  readonly heartbeat: () => Promise<Heartbeat>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Default: `heartbeatLine`. */
  readonly open?: typeof heartbeatLine | undefined
}

const intervalMs = 10_000
/** Longest wait for the first one: nodes that start together do not report together. */
const firstWithinMs = 2_000
/** How long an address is left alone that knows no heartbeats: a plain etcd, or an older control plane. */
const unknownForMs = 600_000
const defaultTimeoutMs = 5_000

/**
 * Reports to a control plane about every ten seconds, at the first of its addresses that takes it, until the signal. Never
 * rejects. What fails is at most a line of the log's lowest level: it matters to nobody but those who look at the list of
 * data planes, and they see it there.
 */
export async function reportHeartbeats(options: HeartbeatReportsOptions): Promise<void> {
  const { link, heartbeat, clock, random, logger, signal, open = heartbeatLine } = options
  const timeoutMs = link.timeoutMs ?? defaultTimeoutMs
  let order = link.endpoints
  const lines = new Map<string, HeartbeatLine>()
  const askAgainAt = new Map<string, number>()
  let hasSaidUnknown = false

  const close = (endpoint: string): void => {
    lines.get(endpoint)?.close()
    lines.delete(endpoint)
  }

  /**
   * Certificates are read for each line, and a line ends when it fails: what renews them need not tell us. While it works
   * none are read: a disk that hangs would hold up the traffic of this process.
   */
  const lineTo = (endpoint: string): HeartbeatLine => {
    const line = lines.get(endpoint) ?? open(endpoint, etcdOptions(link))
    lines.set(endpoint, line)
    return line
  }

  const debug = (error: unknown): void => {
    if (!signal.aborted) logger.debug({ reason: errorText(error) }, 'a heartbeat was not delivered')
  }

  /** Whether the address has taken it. */
  const reportTo = async (endpoint: string, content: Heartbeat): Promise<boolean> => {
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      const status = await lineTo(endpoint).send(content, limited)
      if (status === 204) return true
      close(endpoint)
      if (status === 404) {
        askAgainAt.set(endpoint, clock.now() + unknownForMs)
        if (!hasSaidUnknown)
          logger.info({ endpoint }, 'this control plane takes no heartbeats; it does not list this node')
        hasSaidUnknown = true
      } else {
        logger.debug({ endpoint, status }, 'the control plane refused a heartbeat')
      }
    } catch (error) {
      close(endpoint)
      debug(error)
    }
    return false
  }

  const report = async (): Promise<void> => {
    const content = await heartbeat()
    for (const endpoint of order) {
      if (signal.aborted) return
      if (clock.now() < (askAgainAt.get(endpoint) ?? 0)) continue
      if (!(await reportTo(endpoint, content))) continue
      order = [endpoint, ...order.filter((other) => other !== endpoint)]
      return
    }
  }

  let pauseMs = firstWithinMs * random()
  while (!signal.aborted) {
    await clock.sleep(pauseMs, { signal }).then(report).catch(debug)
    pauseMs = intervalMs * (0.8 + 0.4 * random())
  }
  for (const endpoint of lines.keys()) close(endpoint)
}
