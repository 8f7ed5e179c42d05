import { Command } from 'commander'
import type { ControlOrder, ControlVerb } from '../data-plane/control-routes.ts'
import { decidedBy } from '../snapshot/actor.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { positiveInteger } from '../snapshot/positive-integer.ts'
import { printable } from '../snapshot/readable.ts'
import { UserError } from '../user-error.ts'

interface OrderFlags {
  readonly data: string
  readonly reason: string
  readonly actor?: string
  readonly digest?: string
}

/** `pin`, `unpin`, …: what an operator can order the node that runs in the folder of `--data`, an option of the parent. */
export function nodeOrderCommands(): Command[] {
  return [
    orderCommand('pin', 'Run the snapshot with this number, older ones too, and stay there.')
      .argument('<sequence>', 'as "outlast snapshot ls" shows it')
      .action(async (sequence: string, _flags: object, command: Command) => {
        await give('pin', command, { sequence: positiveInteger(sequence, 'pin') })
      }),
    simple('unpin', 'End "pin".'),
    simple('freeze', 'Keep what is in effect, whatever comes.'),
    simple('unfreeze', 'End "freeze".'),
    simple('standalone', 'Follow snapshots only, whatever the control plane says.'),
    simple('auto', 'End "standalone".'),
    orderCommand('accept', 'Follow the control plane that is held now, from exactly what it says now.')
      .option('--digest <digest>', 'only this, as "status" shows it')
      .action(async (_flags: object, command: Command) => {
        await give('accept', command, { digest: command.optsWithGlobals<OrderFlags>().digest })
      }),
    simple('reset-floor', 'Let this node take older snapshots of its stores than those that it has run.'),
    simple('fetch-now', 'Ask every source at once rather than at the next turn.'),
  ]
}

function orderCommand(verb: ControlVerb, description: string): Command {
  return new Command(verb)
    .description(description)
    .requiredOption('--reason <text>', 'why; kept in the log and in the status')
    .option('--actor <name>', 'who; default: the user of the system')
    .addHelpText('after', '\n--data <dir> names the folder that the node was started with.')
}

function simple(verb: ControlVerb, description: string): Command {
  return orderCommand(verb, description).action(async (_flags: object, command: Command) => {
    await give(verb, command, {})
  })
}

async function give(verb: ControlVerb, command: Command, more: Partial<ControlOrder>): Promise<void> {
  const { data, ...flags } = command.optsWithGlobals<OrderFlags>()
  const by = decidedBy(flags)
  const { runningNode } = await import('../data-plane/running-node.ts')
  const node = await runningNode(data)
  const result = await node.order(verb, { ...by, ...more })
  if (result.status === 'refused')
    throw new UserError(printable(`${verb}: refused, nothing changed: ${result.reason}`), { exitCode: notFine })
  process.stdout.write(`${verb}: done\n`)
  if (!result.outlives)
    process.stderr.write('outlast: the order could not be written to the data folder and ends with the process\n')
}
