import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { cpCommand } from './commands/cp.ts'
import { demoCommand } from './commands/demo.ts'
import { dpCommand } from './commands/dp.ts'
import { exportCommand } from './commands/export.ts'
import { exporterCommand } from './commands/exporter.ts'
import { reloadCommand } from './commands/reload.ts'
import { sidecarCommand } from './commands/sidecar.ts'
import { snapshotCommand } from './commands/snapshot.ts'
import { UserError } from './user-error.ts'

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const program = new Command('outlast')
  .description('An API gateway that outlasts its control plane.')
  .version(version)
  .addCommand(cpCommand())
  .addCommand(dpCommand())
  .addCommand(exportCommand())
  .addCommand(exporterCommand())
  .addCommand(reloadCommand())
  .addCommand(sidecarCommand())
  .addCommand(snapshotCommand())
  .addCommand(demoCommand())

try {
  await program.parseAsync()
} catch (error) {
  // What the user can mend is one sentence; anything else is our mistake and keeps its stack trace.
  const text =
    error instanceof UserError
      ? error.message
      : `unexpected error, please report it: ${error instanceof Error ? error.stack : String(error)}`
  process.stderr.write(`outlast: ${text}\n`)
  process.exitCode = error instanceof UserError ? error.exitCode : 1
}
