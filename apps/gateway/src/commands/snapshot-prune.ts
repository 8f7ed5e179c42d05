import type { Command } from 'commander'
import { positiveInteger } from '../snapshot/positive-integer.ts'
import { noSnapshots, runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'

export function snapshotPruneCommand(): Command {
  return snapshotSubcommand('prune', 'Delete old snapshots, and parts that none of the others names.')
    .requiredOption('--keep <count>', 'how many of the newest snapshots stay')
    .option('--dry-run', 'only say how much it would be')
    .addHelpText('after', '\nNothing is deleted that is younger than an hour: a publication may need it.')
    .action(async (flags: { keep: string; dryRun?: true }, command: Command) => {
      const keep = positiveInteger(flags.keep, '--keep')
      const dryRun = flags.dryRun ?? false
      await runOnStore(command, async (session) => {
        const { store, signal } = session
        if ((await store.sequences({ signal })).length === 0) throw noSnapshots(session.name)
        const { manifests, parts } = await store.prune({ keep, dryRun, signal })
        if (session.json) session.printJson({ dryRun, manifests, parts })
        else session.print(`${dryRun ? 'would delete' : 'deleted'} ${manifests} snapshots and ${parts} parts`)
      })
    })
}
