import type { Order, Orders, SourceReport } from '@outlast/dataplane'
import type { ApisixTargetStatus } from '@outlast/dataplane/sinks'
import type { Position } from '@outlast/snapshot'
import { Command } from 'commander'
import type { StatusDetail } from '../data-plane/status-server.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { printable, readableAge } from '../snapshot/readable.ts'

interface StatusFlags {
  readonly data: string
  readonly json?: true
}

/** Of the node that runs in the folder of `--data`, an option of the parent. */
export function nodeStatusCommand(): Command {
  return new Command('status')
    .description('Say what the node of this machine runs, what it follows, and what operators have ordered.')
    .option('--json', 'what /status/detail says')
    .addHelpText(
      'after',
      '\n--data <dir> names the folder that the node was started with.' +
        '\nExit codes: 0 fine, 1 nobody answers, 2 nothing is in effect yet, the control plane answers and is not followed,' +
        ' or an APISIX does not have the newest configuration',
    )
    .action(async (_flags: object, command: Command) => {
      const { data, json } = command.optsWithGlobals<StatusFlags>()
      const { runningNode } = await import('../data-plane/running-node.ts')
      const { detail } = await runningNode(data)
      const text = json ? JSON.stringify(detail, undefined, 2) : lines(detail, Date.now()).map(printable).join('\n')
      process.stdout.write(`${text}\n`)
      if (!isFine(detail)) process.exitCode = notFine
    })
}

function isFine({ ready, held, sink }: StatusDetail): boolean {
  return ready && held === undefined && (sink === undefined || sink.targets.every(({ current }) => current))
}

function lines(detail: StatusDetail, now: number): string[] {
  const { mode, ready, source, position, matchedAt, held, acceptable, pinError, quarantined, sources } = detail
  const at = position === undefined ? '' : ` at ${placeText(position)}`
  const matched = matchedAt === undefined ? '' : `, known to be current ${ago(matchedAt, now)}`
  return [
    ready ? `${mode}: runs the configuration of ${source}${at}${matched}` : `${mode}: nothing is in effect yet`,
    ...(held === undefined ? [] : [`held: ${held}`]),
    ...(acceptable === undefined
      ? []
      : [`  "accept" would follow ${acceptable.identity} at ${acceptable.revision}, ${acceptable.digest}`]),
    ...delayLines(detail, now),
    ...orderLines(detail.orders, now).map((line) => `ordered: ${line}`),
    ...(pinError === undefined ? [] : [`  the pinned snapshot is not in effect: ${pinError}`]),
    ...quarantined.map(({ kind, id, reason }) => `quarantined: ${kind}/${id}: ${reason}`),
    ...(detail.sink?.targets ?? []).flatMap((target) => targetLines(target, now)),
    ...[sources.live, ...sources.stores, sources.local].flatMap((report) =>
      report === undefined ? [] : [sourceLine(report, now)],
    ),
    ...detail.floors.map(
      (floor) => `floor of ${floor.store}: ${placeText(floor.position)}, rose ${ago(floor.raisedAt, now)}`,
    ),
  ]
}

function delayLines({ pace, delayed }: StatusDetail, now: number): string[] {
  if (pace.applyDelayMs === 0) return []
  const told = `delayed: takes what is new when it has known of it for ${readableAge(pace.applyDelayMs)}`
  if (delayed === undefined) return [told]
  const { source, position, dueAt } = delayed
  return [told, `  ${placeText(position)} of ${source} takes effect in ${readableAge(Math.max(0, dueAt - now))}`]
}

function placeText({ epoch, revision }: Position): string {
  return `${epoch}/${revision}`
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

function targetLines({ name, current, lastSuccessAt, lastError, refused }: ApisixTargetStatus, now: number): string[] {
  const had = lastSuccessAt === undefined ? 'was not reached yet' : `was reached ${ago(lastSuccessAt, now)}`
  const state = current ? 'has the newest configuration' : 'does not have the newest configuration'
  const error = lastError === undefined ? '' : `, failed ${ago(lastError.at, now)}: ${lastError.message}`
  return [
    `APISIX ${name}: ${state}, ${had}${error}`,
    ...refused.map(({ kind, id, reason }) => `  refuses ${kind}/${id}: ${reason}`),
  ]
}

function sourceLine({ name, lastSuccessAt, lastError }: SourceReport, now: number): string {
  const success = lastSuccessAt === undefined ? 'never answered' : `answered ${ago(lastSuccessAt, now)}`
  const error = lastError === undefined ? '' : `, failed ${ago(lastError.at, now)}: ${lastError.message}`
  return `source ${name}: ${success}${error}`
}

function ago(at: number, now: number): string {
  return `${readableAge(now - at)} ago`
}
