/**
 * What backing up a real etcd costs, to a folder and to a real radosgw, beside the way of gateways that dump everything
 * into one object at an interval.
 *
 *   node --conditions=@outlast/source bench/exporter.ts [--sizes 1000,10000,100000] [--stores fs,radosgw]
 */
import { parseArgs } from 'node:util'
import { destinationNames, startDestination } from './exporter/destinations.ts'
import { startFilledEtcd } from './exporter/filled-etcd.ts'
import { operations, type Measurement } from './exporter/operations.ts'
import { measureOurWay } from './exporter/our-way.ts'
import { measurePeersWay } from './exporter/peers-way.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    stores: { type: 'string', default: destinationNames.join(',') },
  },
})
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 100)) {
  throw new TypeError('--sizes is a list of whole numbers from 100 on, such as 1000,10000')
}
const asked = values.stores.split(',')
const stores = destinationNames.filter((name) => asked.includes(name))
if (stores.length !== asked.length) throw new TypeError(`--stores is a list of ${destinationNames.join(' and ')}`)

const report: Record<string, unknown> = {}
console.log(`Node.js ${process.version}; a ratio above one says how many times more the peer needs`)
console.log('A change: from its commit in etcd until it can be read from the store, without the debounce')
for (const size of sizes) {
  const etcd = await startFilledEtcd(size)
  try {
    for (const name of stores) {
      const destination = await startDestination(name)
      try {
        const peer = await measurePeersWay(etcd, destination)
        const ours = await measureOurWay(etcd, destination)
        console.log(`\n${size.toLocaleString('en')} routes to ${name}`)
        console.log(row('', ['time ms', 'peer', 'ratio', 'CPU ms', 'peer', 'ratio', 'KiB put', 'peer', 'ratio']))
        for (const operation of operations) console.log(row(operation, cells(ours[operation], peer[operation])))
        report[`${String(size)} ${name}`] = Object.fromEntries(
          operations.map((operation) => [operation, figures(ours[operation], peer[operation])]),
        )
      } finally {
        await destination.stop()
      }
    }
  } finally {
    await etcd.stop()
  }
}
console.log(`\n${JSON.stringify({ bench: 'exporter', cases: report })}`)

function cells(ours: Measurement, peer: Measurement): string[] {
  return [
    ...compared(ours.timeMs, peer.timeMs),
    ...compared(ours.cpuMs, peer.cpuMs),
    ...compared(ours.bytesPut / 1024, peer.bytesPut / 1024),
  ]
}

function compared(ours: number, peer: number): string[] {
  return [ours.toFixed(1), peer.toFixed(1), ours === 0 ? '' : `${(peer / ours).toPrecision(2)}x`]
}

function row(title: string, columns: readonly string[]): string {
  return title.padEnd(18) + columns.map((cell) => cell.padStart(10)).join('')
}

function figures(ours: Measurement, peer: Measurement): object {
  return Object.fromEntries(
    (['timeMs', 'cpuMs', 'bytesPut'] as const).map((figure) => [
      figure,
      { ours: round(ours[figure]), peer: round(peer[figure]), ratio: round(peer[figure] / ours[figure]) },
    ]),
  )
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
