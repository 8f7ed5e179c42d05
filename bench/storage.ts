/**
 * What the storage adapters cost beside the bare SDKs, each against the same stub server in the same run.
 *
 *   npm run bench:storage -- [--adapters s3,gcs,azure,fs,memory] [--rounds 9] [--round-ms 150]
 *
 * Google's SDK warns of its own listeners with each of 32 calls at a time (MaxListenersExceededWarning); the script
 * leaves that out.
 */
import { parseArgs } from 'node:util'
import { azureContest } from './storage/azure-contest.ts'
import { cases, prepare, workOf, type Case } from './storage/cases.ts'
import { figuresOf, type Compared, type Figures } from './storage/figures.ts'
import { gcsContest } from './storage/gcs-contest.ts'
import { fsContest, memoryContest } from './storage/local-contests.ts'
import { measureRounds } from './storage/measure-rounds.ts'
import { s3Contest } from './storage/s3-contest.ts'
import type { Contest } from './storage/side.ts'

const contests: Readonly<Record<string, () => Promise<Contest>>> = {
  s3: s3Contest,
  gcs: gcsContest,
  azure: azureContest,
  fs: fsContest,
  memory: memoryContest,
}

const { values } = parseArgs({
  options: {
    adapters: { type: 'string', default: Object.keys(contests).join(',') },
    rounds: { type: 'string', default: '9' },
    'round-ms': { type: 'string', default: '150' },
  },
})
const [rounds, roundMs] = [Number(values.rounds), Number(values['round-ms'])]
if (!(Number.isSafeInteger(rounds) && rounds > 0 && roundMs > 0)) {
  throw new TypeError('--rounds and --round-ms are numbers above 0')
}

const report: Record<string, Record<string, Figures>> = {}
console.log(`Node.js ${process.version}; medians of ${rounds} rounds; ratio: ours divided by bare, with its quartiles`)
for (const name of values.adapters.split(',')) {
  const open = contests[name]
  if (open === undefined) throw new TypeError(`there is no adapter ${name}`)
  const contest = await open()
  const { ours, bare } = contest
  console.log(`\n${name}${bare === undefined ? '' : ` beside ${bare.description}`}`)
  console.log(row('', ['at a time', ...headings('CPU us'), ...headings('wall us')]))
  const figures: Record<string, Figures> = {}
  for (const side of [ours, ...(bare === undefined ? [] : [bare.side])]) await prepare(side)
  for (const benchCase of cases) {
    const { title, concurrency } = benchCase
    const measured = await measureRounds({
      ours: workOf(benchCase, ours),
      bare: bare && workOf(benchCase, bare.side),
      concurrency,
      rounds,
      roundMs,
    })
    const result = figuresOf(measured)
    figures[`${title} x${concurrency}`] = result
    console.log(caseRow(benchCase, result))
  }
  await contest.close()
  report[name] = figures
}
console.log(`\n${JSON.stringify({ bench: 'storage', node: process.version, rounds, adapters: report })}`)

function headings(unit: string): readonly string[] {
  return [unit, 'bare', 'ratio', '']
}

function caseRow({ title, concurrency }: Case, { cpuMicroseconds, wallMicroseconds }: Figures): string {
  return row(title, [String(concurrency), ...cells(cpuMicroseconds), ...cells(wallMicroseconds)])
}

function cells({ ours, bare, ratio, spread }: Compared): readonly string[] {
  return [
    ours.toFixed(0),
    bare?.toFixed(0) ?? '',
    ratio?.toFixed(2) ?? '',
    spread === null ? '' : spread.map((quartile) => quartile.toFixed(2)).join('-'),
  ]
}

function row(title: string, columns: readonly string[]): string {
  return title.padEnd(16) + columns.map((cell) => cell.padStart(11)).join('')
}
