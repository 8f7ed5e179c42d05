import type { Command } from 'commander'
import { approvalId, type DecidedBy, type HeldCandidate, type LatestSnapshot } from '@outlast/snapshot'
import { readHeldDomains, type HeldDomain } from '../exporter/held-domain.ts'
import { decidedBy } from '../snapshot/actor.ts'
import { confirm } from '../snapshot/confirm.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { positiveInteger } from '../snapshot/positive-integer.ts'
import { printable, readableAge } from '../snapshot/readable.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'
import { UserError } from '../user-error.ts'

interface AcceptFlags {
  readonly reason: string
  readonly actor?: string
  readonly candidate?: string
  readonly heartbeatMinutes: string
  readonly yes?: true
}

/** A candidate that can be accepted now. */
interface Acceptable {
  readonly domain: HeldDomain
  readonly latest: LatestSnapshot
  readonly candidate: HeldCandidate
}

export function exporterAcceptCommand(): Command {
  const description = 'Let an exporter that holds publish exactly what it holds, once.'
  return snapshotSubcommand('accept', description, { publishes: true, isAboutBoth: true })
    .requiredOption('--reason <text>', 'why; kept in the snapshot')
    .option('--actor <name>', 'who; default: the user of the system')
    .option('--candidate <digest>', 'only this, as "outlast exporter status" shows it')
    .option('--heartbeat-minutes <count>', 'how old the word of the exporter may be', '15')
    .option('--yes', 'do not ask')
    .action(async (flags: AcceptFlags, command: Command) => {
      const heartbeatMs = positiveInteger(flags.heartbeatMinutes, '--heartbeat-minutes') * 60_000
      await runOnStore(command, async (session) => accept(session, flags, heartbeatMs))
    })
}

async function accept(session: SnapshotSession, flags: AcceptFlags, heartbeatMs: number): Promise<void> {
  const { store: resources, instance, signal } = session
  const by = decidedBy(flags)
  const domains = await readHeldDomains({ instance, resources }, signal)
  const acceptable = domains
    .flatMap((domain) => acceptableIn(domain))
    .filter(({ candidate }) => flags.candidate === undefined || candidate.root === flags.candidate)
  if (acceptable.length === 0) throw nothingToAccept(domains, flags.candidate)
  for (const each of acceptable) refuseOld(each, heartbeatMs)
  for (const each of acceptable) session.decisionStore(each.latest.manifest)
  session.note(acceptable.flatMap((each) => lines(each)).join('\n'))
  if (!flags.yes) await confirm(session, 'Publish this?')
  const accepted = []
  for (const each of acceptable) accepted.push(await record(session, by, each))
  if (session.json) session.printJson(accepted)
}

function acceptableIn(domain: HeldDomain): Acceptable[] {
  const { latest } = domain
  return latest?.candidate === undefined ? [] : [{ domain, latest, candidate: latest.candidate }]
}

async function record(session: SnapshotSession, by: DecidedBy, { latest, candidate }: Acceptable): Promise<object> {
  const { base, root, identity } = candidate
  const { domain } = latest.manifest
  const subject = { base, candidate: root, identity }
  const result = await session.decisionStore(latest.manifest).operator.accept(by, subject, { signal: session.signal })
  if (result.status === 'refused') {
    throw new UserError(`${domain}: the backup has changed since, so there is something else to look at; try again`, {
      exitCode: notFine,
    })
  }
  const { status, approval } = result
  if (!session.json) {
    const when = 'the exporter publishes it when it looks at its source the next time, if that is still the same'
    const before = printable(`${domain}: this was accepted before, by ${approval.actor}; ${when}`)
    session.print(status === 'there' ? before : `${domain}: accepted; ${when}`)
  }
  return { domain, status, id: approvalId(subject), ...approval }
}

function lines({ domain: { held = '', store }, latest, candidate }: Acceptable): string[] {
  return [
    `${store.domain}: held, because ${held}`,
    `  it ${candidate.summary}`,
    `  in the place of snapshot ${latest.manifest.sequence}; candidate ${candidate.root} of ${candidate.identity}`,
  ].map(printable)
}

/** Whoever does not look any more does not know what there would be to publish by now. */
function refuseOld({ domain, latest, candidate }: Acceptable, heartbeatMs: number): void {
  const { checkedAt = 0, digest } = latest
  const ageMs = Date.now() - checkedAt
  if (ageMs > heartbeatMs) {
    throw new UserError(
      `${domain.store.domain}: the exporter last looked ${readableAge(ageMs)} ago, so nobody knows what it would publish; start it first (or see --heartbeat-minutes)`,
      { exitCode: notFine },
    )
  }
  if (candidate.base !== digest) {
    throw new UserError(
      `${domain.store.domain}: the backup has changed since the exporter last looked; try again when it has looked`,
      { exitCode: notFine },
    )
  }
}

function nothingToAccept(domains: readonly HeldDomain[], candidate: string | undefined): UserError {
  const held = domains.filter((domain) => domain.held !== undefined)
  const problem = (): string => {
    if (candidate !== undefined) return 'the exporter does not hold this; "outlast exporter status" says what it holds'
    if (held.length === 0) return 'nothing is held'
    if (held.some(({ latest }) => latest?.manifest.hold !== undefined)) {
      return 'a person holds what is there; "outlast exporter resume" ends it'
    }
    const isApart = domains.some(({ store, latest }) => store.domain === 'instance' && latest === undefined)
    const where = isApart ? ['there is no instance snapshot here; see --instance-store'] : []
    return `there is nothing to accept: ${[...held.map((domain) => domain.held), ...where].join('; ')}`
  }
  return new UserError(printable(problem()), { exitCode: notFine })
}
