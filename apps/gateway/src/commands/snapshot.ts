import { Command } from 'commander'
import { snapshotDiffCommand } from './snapshot-diff.ts'
import { snapshotExportCommand } from './snapshot-export.ts'
import { snapshotLsCommand } from './snapshot-ls.ts'
import { snapshotPruneCommand } from './snapshot-prune.ts'
import { snapshotShowCommand } from './snapshot-show.ts'
import { snapshotVerifyCommand } from './snapshot-verify.ts'

export function snapshotCommand(): Command {
  return new Command('snapshot')
    .description('Look at, compare, verify and export snapshots, with access to their store alone.')
    .addCommand(snapshotLsCommand())
    .addCommand(snapshotShowCommand())
    .addCommand(snapshotDiffCommand())
    .addCommand(snapshotVerifyCommand())
    .addCommand(snapshotExportCommand())
    .addCommand(snapshotPruneCommand())
    .addHelpText('after', storeHelp)
}

const storeHelp = `
Stores (--store or OUTLAST_STORE):
  s3://bucket/prefix?region=…&endpoint=…&path_style=true   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, …
  gs://bucket/prefix?endpoint=…&project=…                  GOOGLE_APPLICATION_CREDENTIALS, or the default credentials
  azblob://container/prefix?account=…&endpoint=…           AZURE_STORAGE_KEY, _SAS_TOKEN or _CONNECTION_STRING
  file:///path

Exit codes:
  0    fine; for diff: no difference
  1    a mistake, or the store cannot be reached
  2    damaged or incomplete; for diff: also when there are differences
  130  interrupted`
