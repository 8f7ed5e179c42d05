import type { Command } from 'commander'
import { readHeldDomains, type HeldDomain } from '../exporter/held-domain.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { printable, readableAge } from '../snapshot/readable.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import { noSnapshots, type SnapshotSession } from '../snapshot/snapshot-session.ts'

export function exporterStatusCommand(): Command {
  const description = 'Say when the exporter last looked, whether it holds and why, and what was accepted.'
  return snapshotSubcommand('status', description, { isAboutBoth: true })
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing is held, 1 the store cannot be read, 2 something is held, or what is there cannot be used',
    )
    .action(async (_flags: object, command: Command) => {
      await runOnStore(command, showStatus)
    })
}

async function showStatus(session: SnapshotSession): Promise<number> {
  const { store: resources, instance, group, name, json, signal } = session
  const domains = await readHeldDomains({ instance, resources }, signal)
  if (domains.every(({ latest }) => latest === undefined)) throw noSnapshots(name)
  const now = Date.now()
  if (json) {
    session.printJson({ group, domains: Object.fromEntries(domains.map((each) => [each.store.domain, report(each)])) })
  } else {
    session.print(domains.flatMap((each) => lines(each, now)).join('\n'))
  }
  return domains.some(({ held }) => held !== undefined) ? notFine : 0
}

function report({ latest, held, waiting }: HeldDomain): object {
  if (latest === undefined) return {}
  const { manifest, digest, checkedAt, matchedAt, matchedRevision, candidate } = latest
  return {
    sequence: manifest.sequence,
    position: manifest.position,
    manifest: digest,
    checkedAt: isoTime(checkedAt),
    matchedAt: isoTime(matchedAt),
    matchedRevision,
    held,
    candidate,
    accepted: waiting.map(({ id, approval, signedBy, problem }) => ({
      id,
      candidate: approval?.candidate,
      identity: approval?.identity,
      actor: approval?.actor,
      reason: approval?.reason,
      at: approval?.at,
      signedBy,
      ignored: problem?.code,
    })),
  }
}

function lines({ store, latest, held, waiting }: HeldDomain, now: number): string[] {
  if (latest === undefined) {
    const elsewhere = store.domain === 'instance' ? ' here; see --instance-store' : ''
    return [`${store.domain}: no snapshot${elsewhere}`]
  }
  const { manifest, checkedAt, matchedAt, candidate } = latest
  const looked = checkedAt === undefined ? 'nobody says when it was looked at' : `looked at ${age(checkedAt, now)}`
  const matched = matchedAt === undefined ? '' : `, last equal to its source ${age(matchedAt, now)}`
  return [
    `${store.domain}: snapshot ${manifest.sequence}, ${looked}${matched}`,
    ...(held === undefined ? [] : [`  held: ${held}`]),
    ...(candidate === undefined
      ? []
      : [`  it ${candidate.summary}`, `  candidate: ${candidate.root}`, `  of the source: ${candidate.identity}`]),
    ...waiting.map(({ approval, problem }) => {
      const { actor = '', reason = '', at = '' } = approval ?? {}
      const isShown = approval?.candidate === candidate?.root && approval?.identity === candidate?.identity
      const what = isShown ? 'this was accepted' : 'something else was accepted'
      const ignored = problem === undefined ? '' : `; ignored: ${problem.message}`
      return `  ${what} by ${actor} (${reason}) ${age(Date.parse(at), now)}${ignored}`
    }),
  ].map(printable)
}

function age(at: number, now: number): string {
  return `${readableAge(now - at)} ago`
}

function isoTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}
