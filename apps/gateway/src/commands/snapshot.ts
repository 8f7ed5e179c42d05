import { Command } from 'commander'
import { snapshotDiffCommand } from './snapshot-diff.ts'
import { snapshotExportCommand } from './snapshot-export.ts'
import { snapshotKeygenCommand } from './snapshot-keygen.ts'
import { snapshotLsCommand } from './snapshot-ls.ts'
import { snapshotPruneCommand } from './snapshot-prune.ts'
import { snapshotPublishCommand } from './snapshot-publish.ts'
import { snapshotRestoreCommand } from './snapshot-restore.ts'
import { snapshotResumeCommand } from './snapshot-resume.ts'
import { snapshotRollbackCommand } from './snapshot-rollback.ts'
import { snapshotShowCommand } from './snapshot-show.ts'
import { snapshotVerifyCommand } from './snapshot-verify.ts'

export function snapshotCommand(): Command {
  return new Command('snapshot')
    .description(
      'Look at, compare, verify, export and restore snapshots, and step in, with access to their store alone.',
    )
    .addCommand(snapshotLsCommand())
    .addCommand(snapshotShowCommand())
    .addCommand(snapshotDiffCommand())
    .addCommand(snapshotVerifyCommand())
    .addCommand(snapshotExportCommand())
    .addCommand(snapshotRestoreCommand())
    .addCommand(snapshotRollbackCommand())
    .addCommand(snapshotPublishCommand())
    .addCommand(snapshotResumeCommand())
    .addCommand(snapshotPruneCommand())
    .addCommand(snapshotKeygenCommand())
    .addHelpText('after', storeHelp)
}

const storeHelp = `
Stores (--store or OUTLAST_STORE, --instance-store or OUTLAST_INSTANCE_STORE when the other half is elsewhere):
  s3://bucket/prefix?region=…&endpoint=…&path_style=true   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, …
  gs://bucket/prefix?endpoint=…&project=…                  GOOGLE_APPLICATION_CREDENTIALS, or the default credentials
  azblob://container/prefix?account=…&endpoint=…           AZURE_STORAGE_KEY, _SAS_TOKEN or _CONNECTION_STRING
  file:///path

Keys (files; several in one variable stand as in PATH):
  --trusted-key or OUTLAST_TRUSTED_KEYS                    public keys: what none of them has signed is refused
  --signing-key or OUTLAST_SIGNING_KEY                     private key, for rollback, publish and resume
  --sealing-key or OUTLAST_SEALING_KEY                     opens sealed snapshots, the first one seals

Exit codes:
  0    fine; for diff: no difference
  1    a mistake, or the store or target cannot be reached
  2    damaged, incomplete, not trusted, refused, or without the key for it; for diff: also when there are differences
  130  interrupted`
