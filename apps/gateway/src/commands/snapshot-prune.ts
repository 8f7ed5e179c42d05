import type { Command } from 'commander'
import type { PruneReport, Retention } from '@outlast/snapshot'
import { positiveInteger } from '../snapshot/positive-integer.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import { noSnapshots } from '../snapshot/snapshot-session.ts'
import { wholeNumber } from '../snapshot/whole-number.ts'

interface PruneFlags {
  readonly newest: string
  readonly minutelyHours: string
  readonly hourlyDays: string
  readonly dryRun?: true
}

export function snapshotPruneCommand(): Command {
  return snapshotSubcommand('prune', 'Delete old snapshots, and parts that none of the others names.')
    .option('--newest <count>', 'how many of the newest snapshots stay', '100')
    .option('--minutely-hours <hours>', 'for how long one a minute stays; 0: not at all', '24')
    .option('--hourly-days <days>', 'for how long one an hour stays; 0: not at all', '30')
    .option('--dry-run', 'only say how much it would be')
    .addHelpText('after', '\nNothing is deleted that is younger than an hour: a publication may need it.')
    .action(async (flags: PruneFlags, command: Command) => {
      const retention = retentionOf(flags)
      const dryRun = flags.dryRun ?? false
      await runOnStore(command, async (session) => {
        const { store, signal } = session
        if ((await store.sequences({ signal })).length === 0) throw noSnapshots(session.name)
        const { manifests, parts, approvals, kept } = await store.prune({ retention, dryRun, signal })
        if (session.json) {
          session.printJson({ store: session.name, dryRun, snapshots: manifests, parts, approvals, kept })
        } else {
          const spent = approvals === 0 ? '' : `, and ${approvals} approvals of what was replaced since`
          session.print(`${dryRun ? 'would delete' : 'deleted'} ${manifests} snapshots and ${parts} parts${spent}`)
          session.print(whatStays(kept))
        }
        if (kept.unreadable > 0) {
          session.note(
            'no parts are deleted while there are snapshots that cannot be read: nobody knows what they need',
          )
        }
      })
    })
}

function retentionOf({ newest, minutelyHours, hourlyDays }: PruneFlags): Retention {
  return {
    newest: positiveInteger(newest, '--newest'),
    minutelyHours: wholeNumber(minutelyHours, '--minutely-hours'),
    hourlyDays: wholeNumber(hourlyDays, '--hourly-days'),
  }
}

function whatStays({ newest, minutely, hourly, young, unreadable }: PruneReport['kept']): string {
  const counts = [
    [newest, 'newest'],
    [minutely, 'one a minute'],
    [hourly, 'one an hour'],
    [young, 'younger than an hour'],
    [unreadable, 'unreadable'],
  ] as const
  const sum = counts.reduce((total, [count]) => total + count, 0)
  const why = counts.filter(([count]) => count > 0).map(([count, reason]) => `${count} ${reason}`)
  return `${sum} stay: ${why.join(', ')}`
}
