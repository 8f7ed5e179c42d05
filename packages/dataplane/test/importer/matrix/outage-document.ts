import { controlPlanes, nodes, outages, stores, type Cell, type Outage } from './cells.ts'
import { expectedRunning, expectedStart, type Expected, type Served } from './expected.ts'
import { markdownTable } from './markdown-table.ts'
import { slowMs } from './outage-control-plane.ts'
import { blackHoleBackMs, controlPlaneBackMs, storeBackMs } from './recovery.ts'

/**
 * What operators are promised about all outages: the expectations that every single one of them is tested against, grouped
 * by what they have in common. Throws when they have no longer in common what these tables say.
 */
export function outageDocument(): string {
  return `**A node that runs** stays ready and keeps what it runs, whatever its store and its own disk are like:

${markdownTable(['control plane', 'serves', 'mode', 'held'], merged(controlPlanes.map(runningRow)))}

**A node that starts** looks for the newest good copy, on its own disk and in its store. On the disk of a new node that is
a prepared image, or a folder copied from another node; a node that has lost its disk is like a new one without.

${markdownTable(['store', ...copyColumns.map(({ title }) => title)], merged(stores.map(copyRow)))}

It hears everybody before it decides, but for two seconds at most (\`boot_timeout\`). Who refuses has been heard.

${markdownTable(['control plane', 'with a good copy', 'ready', 'without any', 'ready'], merged(startRows()))}

\\* After ${seconds(2_000)} while the store is a black hole.

**Afterwards** everything goes on by itself, whoever is back first (times are those of the default settings):

- A store is read again within ${seconds(storeBackMs)}. A node that does not follow its control plane, or took it for lack of anything
  else, goes to the newest snapshot, if that is newer than what it serves.
- A control plane is followed again within ${seconds(controlPlaneBackMs)}, or ${seconds(blackHoleBackMs)} when it was a black hole.
- What was damaged or lost on the node's own disk is written again. A disk that is read-only is a warning and nothing else.
`
}

function runningRow(controlPlane: Outage['controlPlane']): Row {
  const all = outages.filter((outage) => outage.controlPlane === controlPlane)
  const live = only(all.map((outage) => expectedRunning(outage, 'live')))
  const snapshot = only(all.map((outage) => expectedRunning(outage, 'a snapshot')))
  if (live.serves !== snapshot.serves || live.held !== snapshot.held)
    throw new Error('it makes a difference now what a node ran')
  const serves = live.serves === 'live' ? "the control plane's" : 'what it runs'
  const mode = live.mode === snapshot.mode ? live.mode : `${live.mode}, or still ${snapshot.mode}`
  return [controlPlane, serves, mode, live.held === undefined ? 'no' : 'yes']
}

type Row = readonly [name: string, ...rest: string[]]
type Starting = Exclude<Cell['node'], 'running'>

const starting = nodes.filter((node) => node !== 'running')

const copyColumns: readonly {
  readonly title: string
  readonly nodes: readonly Starting[]
  readonly locals: readonly Outage['local'][]
}[] = [
  { title: 'own disk good or read-only, restarted', nodes: ['restarted'], locals: ['good', 'read-only'] },
  { title: 'the same, new', nodes: ['new'], locals: ['good', 'read-only'] },
  { title: 'own disk damaged or empty', nodes: starting, locals: ['absent', 'damaged'] },
]

function copyRow(store: Outage['store']): Row {
  const copies = copyColumns.map((column) =>
    only(column.nodes.flatMap((node) => column.locals.map((local) => copyOf({ store, local, node }) ?? 'none'))),
  )
  return [store, ...copies.map((copy) => names[copy])]
}

/** What there is to start from: what a node serves whose control plane is down. */
function copyOf(where: Pick<Cell, 'store' | 'local' | 'node'>): Served | undefined {
  return expectedStart({ ...where, controlPlane: 'down' }).serves
}

const names: Readonly<Record<Served | 'none', string>> = {
  running: 'what it ran last',
  image: 'the image',
  backup: 'the newest backup',
  'earlier backup': 'the backup before',
  'later backup': 'a later backup',
  none: 'none',
  live: "the control plane's",
  recovered: "the control plane's",
  older: "the control plane's: it is all there is",
  other: "the control plane's: it is all there is",
  empty: "the control plane's: nothing",
}

function startRows(): readonly Row[] {
  const all = outages.flatMap((outage) => starting.map((node): Cell => ({ ...outage, node })))
  const rows = controlPlanes.map((controlPlane) =>
    startRow(
      controlPlane,
      all.filter((cell) => cell.controlPlane === controlPlane && !isFirstInstallation(cell)),
    ),
  )
  return [...rows, startRow('empty, as are store and disk: a first installation', all.filter(isFirstInstallation))]
}

function isFirstInstallation({ controlPlane, store, local }: Outage): boolean {
  return controlPlane === 'empty' && store === 'empty' && local === 'absent'
}

function startRow(name: string, cells: readonly Cell[]): Row {
  const groups = Map.groupBy(cells, (cell) => (copyOf(cell) === undefined ? 'without' : 'with'))
  return [name, ...startColumns(groups.get('with') ?? []), ...startColumns(groups.get('without') ?? [])]
}

function startColumns(cells: readonly Cell[]): readonly [serves: string, ready: string] {
  return cells.length === 0 ? ['', ''] : [only(cells.map(describeStart)), readyAfter(cells)]
}

function describeStart(cell: Cell): string {
  const { first, serves, held } = expectedStart(cell)
  const copy = copyOf(cell)
  const name = (which: Served): string => (which === copy ? 'the copy' : names[which])
  const begins = first === undefined ? 'nothing' : name(first.serves)
  const goesOn = serves === undefined || serves === first?.serves ? '' : `, then ${name(serves)}`
  return `${begins}${goesOn}${held === undefined ? '' : '; held'}`
}

/** When all of these are ready. A store that is a black hole is one thing more to wait for: `*` says so. */
function readyAfter(cells: readonly Cell[]): string {
  const times = Map.groupBy(cells, ({ store }) => (store === 'black hole' ? 'silent' : 'usual'))
  const timeOf = (group: readonly Cell[] = []): string | undefined =>
    group.length === 0 ? undefined : only(group.map((cell) => after(expectedStart(cell))))
  const usual = timeOf(times.get('usual')) ?? ''
  const silent = timeOf(times.get('silent')) ?? usual
  if (silent === usual) return usual
  if (silent !== `after ${seconds(2_000)}`) throw new Error(`with a silent store it is ready ${silent}`)
  return `${usual} \\*`
}

function after({ first }: Expected): string {
  if (first === undefined) return 'when anybody is back'
  if (first.afterMs === slowMs) return 'when that has answered'
  return first.afterMs === 0 ? 'at once' : `after ${seconds(first.afterMs)}`
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}

/** Rows that agree in everything but their name become one. */
function merged(rows: readonly Row[]): readonly Row[] {
  const groups = Map.groupBy(rows, ([, ...rest]) => rest.join('|'))
  return [...groups.values()].map((group) => {
    const [, ...rest] = group[0] ?? ['']
    return [group.map(([name]) => name).join(', '), ...rest]
  })
}

/** The one value that all of these are. */
function only<T>(values: readonly T[]): T {
  const [first, ...others] = new Map(values.map((value) => [JSON.stringify(value), value])).values()
  if (first === undefined || others.length > 0)
    throw new Error(`these are no longer the same: ${JSON.stringify([first, ...others])}`)
  return first
}
