import { Command } from 'commander'
import { loadCommands } from './commands/load-commands.ts'
import { UserError } from './user-error.ts'
import { programVersion } from './version.ts'

const program = new Command('outlast')
  .description('An API gateway that outlasts its control plane.')
  .version(programVersion())

try {
  for (const command of await loadCommands(process.argv[2])) program.addCommand(command)
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
