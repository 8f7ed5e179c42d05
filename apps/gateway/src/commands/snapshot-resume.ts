import type { Command } from 'commander'
import { decidedBy } from '../snapshot/actor.ts'
import { reportPublication } from '../snapshot/report-publication.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'

interface ResumeFlags {
  readonly reason: string
  readonly actor?: string
}

export function snapshotResumeCommand(): Command {
  const description = 'End the hold of a rollback or a publication: exporters follow their source again.'
  return snapshotSubcommand('resume', description, { publishes: true })
    .requiredOption('--reason <text>', 'why; kept in the snapshot')
    .option('--actor <name>', 'who; default: the user of the system')
    .action(async (flags: ResumeFlags, command: Command) => {
      await runOnStore(command, async (session) => {
        const { signal } = session
        const by = decidedBy(flags)
        const newest = await session.resolve('latest')
        if (newest.hold === undefined) session.note(`nothing is held: snapshot ${newest.sequence} has no hold`)
        const result = await session.successorStore(newest).operator.resume(by, { signal })
        reportPublication(session, result, 'exporters follow their source again, whatever it holds by now')
      })
    })
}
