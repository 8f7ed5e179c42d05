/**
 * What a data plane's importer costs: a cold start without a control plane, one changed route, the pauses that a request
 * of the same process feels, and memory; beside the way of gateways that take their whole configuration again each time.
 * Needs `npm run build`, because the cold starts are those of the real command.
 *
 *   node --conditions=@outlast/source bench/importer.ts [--sizes 1000,100000] [--runs 5] [--only start,follow]
 */
import { parseArgs } from 'node:util'
import { measureColdStarts } from './importer/cold-starts.ts'
import { startFilledEtcd } from './exporter/filled-etcd.ts'
import { measureFollowing } from './importer/following.ts'
import { startInstallation } from './importer/installation.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,100000' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: 'start,follow' },
  },
})
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 100)) {
  throw new TypeError('--sizes is a list of whole numbers from 100 on, such as 1000,10000')
}
const runs = Number(values.runs)
if (!Number.isSafeInteger(runs) || runs < 1) throw new TypeError('--runs is a whole number from 1 on')
const parts = values.only.split(',')
if (!parts.every((part) => part === 'start' || part === 'follow')) {
  throw new TypeError('--only is a list of start and follow')
}

const report: Record<string, Record<string, unknown>> = {}
console.log(
  `Node.js ${process.version}; medians of ${runs} runs; a ratio above one says how many times more the peer needs`,
)
for (const size of sizes) {
  const figures: Record<string, unknown> = {}
  console.log(`\n${`${size.toLocaleString('en')} routes`.padEnd(58)}${['ours', 'peer', 'ratio'].map(cell).join('')}`)
  const tell = (title: string, { ours, peer }: { readonly ours: number; readonly peer?: number | undefined }): void => {
    const ratio = peer === undefined || ours <= 0 ? undefined : peer / ours
    figures[title] = { ours: round(ours), peer: round(peer), ratio: round(ratio) }
    const cells = [ours.toFixed(1), peer?.toFixed(1) ?? '', ratio === undefined ? '' : `${ratio.toPrecision(2)}x`]
    console.log(title.padEnd(58) + cells.map(cell).join(''))
  }
  if (parts.includes('start')) {
    const installation = await startInstallation(size)
    try {
      for (const { title, ...figure } of await measureColdStarts(installation, runs)) tell(title, figure)
    } finally {
      await installation.stop()
    }
  }
  if (parts.includes('follow')) {
    const etcd = await startFilledEtcd(size)
    try {
      for (const { title, ...figure } of await measureFollowing(etcd, { size, runs })) tell(title, figure)
    } finally {
      await etcd.stop()
    }
  }
  report[String(size)] = figures
}
console.log(`\n${JSON.stringify({ bench: 'importer', runs, sizes: report })}`)

function cell(text: string): string {
  return text.padStart(10)
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100
}
