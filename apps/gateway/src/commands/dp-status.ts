import type { Order, Orders, SourceReport } from '@outlast/dataplane'
import { Command } from 'commander'
import { runningNode } from '../data-plane/running-node.ts'
import type { StatusDetail } from '../data-plane/status-server.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { printable, readableAge } from '../snapshot/readable.ts'

interface StatusFlags {
  readonly data: string
  readonly json?: true
}

export function dpStatusCommand(): Command {
  return new Command('status')
    .description('Say what the data plane of this machine runs, what it follows, and what operators have ordered.')
    .option('--json', 'what /status/detail says')
    .addHelpText(
      'after',
      '\n--data <dir> names the folder of the data plane, as for "outlast dp".' +
        '\nExit codes: 0 fine, 1 nobody answers, 2 nothing is in effect yet, or the control plane answers and is not followed',
    )
    .action(async (_flags: object, command: Command) => {
      const { data, json } = command.optsWithGlobals<StatusFlags>()
      const { detail } = await runningNode(data)
      const text = json ? JSON.stringify(detail, undefined, 2) : lines(detail, Date.now()).map(printable).join('\n')
      process.stdout.write(`${text}\n`)
      if (!detail.ready || detail.held !== undefined) process.exitCode = notFine
    })
}

function lines(detail: StatusDetail, now: number): string[] {
  const { mode, ready, source, position, matchedAt, held, acceptable, pinError, quarantined, sources } = detail
  const at = position === undefined ? '' : ` at ${position.epoch}/${position.revision}`
  const matched = matchedAt === undefined ? '' : `, known to be current ${ago(matchedAt, now)}`
  return [
    ready ? `${mode}: runs the configuration of ${source}${at}${matched}` : `${mode}: nothing is in effect yet`,
    ...(held === undefined ? [] : [`held: ${held}`]),
    ...(acceptable === undefined
      ? []
      : [`  "outlast dp accept" would follow ${acceptable.identity} at ${acceptable.revision}, ${acceptable.digest}`]),
    ...orderLines(detail.orders, now).map((line) => `ordered: ${line}`),
    ...(pinError === undefined ? [] : [`  the pinned snapshot is not in effect: ${pinError}`]),
    ...quarantined.map(({ kind, id, reason }) => `quarantined: ${kind}/${id}: ${reason}`),
    ...[sources.live, ...sources.stores, sources.local].flatMap((report) =>
      report === undefined ? [] : [sourceLine(report, now)],
    ),
  ]
}

function orderLines({ pinned, frozen, standalone, accepted }: Orders, now: number): string[] {
  const orders: (readonly [what: string, order: Order | undefined])[] = [
    [`pinned to snapshot ${pinned?.sequence}`, pinned],
    ['frozen', frozen],
    ['standalone', standalone],
    [`accepted ${accepted?.digest}`, accepted],
  ]
  return orders.flatMap(([what, order]) =>
    order === undefined ? [] : [`${what} by ${order.actor} (${order.reason}) ${ago(order.at, now)}`],
  )
}

function sourceLine({ name, lastSuccessAt, lastError }: SourceReport, now: number): string {
  const success = lastSuccessAt === undefined ? 'never answered' : `answered ${ago(lastSuccessAt, now)}`
  const error = lastError === undefined ? '' : `, failed ${ago(lastError.at, now)}: ${lastError.message}`
  return `source ${name}: ${success}${error}`
}

function ago(at: number, now: number): string {
  return `${readableAge(now - at)} ago`
}
