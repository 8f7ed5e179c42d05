/**
 * What exporting and loading snapshots costs, beside the way of gateways that dump everything into one object.
 * Stores are in memory: their latency is not in the figures.
 *
 *   node --conditions=@outlast/source bench/snapshot.ts [--sizes 1000,10000,100000]
 */
import { parseArgs } from 'node:util'
import type { Measurement } from './snapshot/measure.ts'
import { operations, type Operation, type Side } from './snapshot/operations.ts'
import { measureOurWay } from './snapshot/our-way.ts'
import { measurePeersWay } from './snapshot/peers-way.ts'
import { sampleRoute } from './snapshot/sample-route.ts'

const { values } = parseArgs({ options: { sizes: { type: 'string', default: '1000,10000,100000' } } })
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 100)) {
  throw new TypeError('--sizes is a list of whole numbers from 100 on, such as 1000,10000')
}

const report: Record<string, Record<string, unknown>> = {}
console.log(`Routes of ${JSON.stringify(sampleRoute(54_321).value).length} bytes; Node.js ${process.version}`)
// What is compiled during the first run would be counted as its cost.
await measureOurWay(100)
await measurePeersWay(100)
for (const size of sizes) {
  const peer = await measurePeersWay(size)
  const ours = await measureOurWay(size)
  console.log(
    `\n${size.toLocaleString('en')} routes; ours keeps ${ours.keptMiB.toFixed(1)} MiB beside the source's entries`,
  )
  console.log(
    row('', ['time ms', 'peer', 'ratio', 'CPU ms', 'peer', 'ratio', 'KiB put', 'peer', 'ratio', 'RSS MiB', 'peer']),
  )
  for (const operation of operations) console.log(operationRow(operation, ours, peer))
  report[size] = Object.fromEntries(operations.map((operation) => [operation, figures(operation, ours, peer)]))
  report[size]['keptMiB'] = round(ours.keptMiB)
}
console.log(`\n${JSON.stringify({ bench: 'snapshot', sizes: report })}`)

function operationRow(operation: Operation, ours: Side, peer: Side): string {
  const our = ours.measurements[operation]
  const their = peer.measurements[operation]
  return row(operation, [
    ...compared(our.timeMs, their.timeMs),
    ...compared(our.cpuMs, their.cpuMs),
    ...compared(our.bytesPut / 1024, their.bytesPut / 1024),
    our.rssMiB.toFixed(0),
    their.rssMiB.toFixed(0),
  ])
}

/** A ratio above one says how many times more the peer needs. */
function compared(ours: number, peer: number): readonly string[] {
  return [ours.toFixed(1), peer.toFixed(1), ours === 0 ? '' : `${(peer / ours).toPrecision(2)}x`]
}

function row(title: string, cells: readonly string[]): string {
  return title.padEnd(26) + cells.map((cell) => cell.padStart(9)).join('')
}

function figures(operation: Operation, ours: Side, peer: Side): Readonly<Record<string, unknown>> {
  const our = ours.measurements[operation]
  const their = peer.measurements[operation]
  const ratio = (of: (measurement: Measurement) => number): number | null =>
    of(our) === 0 ? null : round(of(their) / of(our))
  return {
    ours: rounded(our),
    peer: rounded(their),
    ratio: {
      time: ratio(({ timeMs }) => timeMs),
      cpu: ratio(({ cpuMs }) => cpuMs),
      bytesPut: ratio(({ bytesPut }) => bytesPut),
    },
  }
}

function rounded({ timeMs, cpuMs, bytesPut, rssMiB }: Measurement): Measurement {
  return { timeMs: round(timeMs), cpuMs: round(cpuMs), bytesPut, rssMiB: round(rssMiB) }
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
