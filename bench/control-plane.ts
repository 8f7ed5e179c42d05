/**
 * What a control plane costs its clients: on its embedded store, on a real etcd, and beside that etcd asked directly.
 * Needs `npm run build`, because the control planes are those of the real command.
 *
 *   node --conditions=@outlast/source bench/control-plane.ts [--sizes 1000,10000,100000]
 */
import { parseArgs } from 'node:util'
import { startBareEtcd } from './control-plane/bare-etcd.ts'
import { figureTitles, measureSide, type SideFigures } from './control-plane/measure-side.ts'
import { startOnEtcd, startOnSqlite } from './control-plane/our-sides.ts'

const { values } = parseArgs({ options: { sizes: { type: 'string', default: '1000,10000,100000' } } })
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 100)) {
  throw new TypeError('--sizes is a list of whole numbers from 100 on, such as 1000,10000')
}

const report: Record<string, unknown> = {}
console.log(`Node.js ${process.version}; a ratio above one says how many times more etcd needs than ours on sqlite`)
for (const size of sizes) {
  const figures: Record<string, SideFigures> = {}
  for (const start of [startOnSqlite, startOnEtcd, startBareEtcd]) {
    const side = await start(size)
    try {
      figures[side.name] = await measureSide(side, size)
    } finally {
      await side.stop()
    }
  }
  const names = Object.keys(figures)
  console.log(`\n${`${size.toLocaleString('en')} routes`.padEnd(46)}${[...names, 'ratio'].map(cell).join('')}`)
  report[String(size)] = Object.fromEntries(
    figureTitles.map((title) => {
      const [ours = Number.NaN, onEtcd = Number.NaN, peer = Number.NaN] = names.map((name) => figures[name]?.[title])
      const ratio = peer / ours
      const cells = [...[ours, onEtcd, peer].map((figure) => figure.toFixed(1)), `${ratio.toPrecision(2)}x`]
      console.log(title.padEnd(46) + cells.map(cell).join(''))
      return [title, { ours: round(ours), onEtcd: round(onEtcd), peer: round(peer), ratio: round(ratio) }]
    }),
  )
}
console.log(`\n${JSON.stringify({ bench: 'control-plane', sizes: report })}`)

function cell(text: string): string {
  return text.padStart(12)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
