import type { Command } from 'commander'
import { UserError } from '../user-error.ts'

/** For a command that runs something by itself and has subcommands. Throws `UserError`. */
export function refuseUnknownSubcommand(command: Command): void {
  const [unknown] = command.args
  if (unknown === undefined) return
  const name = command.name()
  throw new UserError(`${name} ${unknown}: no such command; see "outlast ${name} --help"`)
}
