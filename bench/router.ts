/**
 * What a router costs at 1,000 to 100,000 routes: a match of a random path, a change in place, a build from nothing, memory;
 * beside two routers of Node.js servers, which are installed into a folder of this bench.
 *
 *   node --conditions=@outlast/source bench/router.ts [--sizes 1000,10000,100000] [--rounds 15]
 */
import { parseArgs } from 'node:util'
import { installPeers } from './install-peers.ts'
import { createRouter } from '@outlast/dataplane/proxy'
import { measureBuild, measureChanges, measureMatches, timed } from './router/measure.ts'
import { routeSet } from './router/route-set.ts'
import { ourSide, peerSides } from './router/side.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '15' },
  },
})
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 200)) {
  throw new TypeError('--sizes is a list of whole numbers from 200 on, such as 1000,10000')
}
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds is a whole number from 1 on')

installPeers('router')
const sides = [ourSide('radixtree_uri_with_parameter'), ...(await peerSides())]
const report: Record<string, Record<string, unknown>> = {}
console.log(
  `Node.js ${process.version}; the best of ${rounds} rounds; a ratio above one says how many times more the better peer needs`,
)
for (const size of sizes) {
  const figures: Record<string, unknown> = {}
  const names = sides.map(({ name }) => name)
  console.log(`\n${`${size.toLocaleString('en')} routes`.padEnd(66)}${[...names, 'ratio'].map(cell).join('')}`)
  const tell = (title: string, measured: readonly (number | undefined)[]): void => {
    const [ours, ...peers] = measured
    const peer = Math.min(...peers.filter((figure) => figure !== undefined))
    const ratio = ours === undefined || !Number.isFinite(peer) ? undefined : peer / ours
    figures[title] = Object.fromEntries([
      ...names.map((name, at) => [name, round(measured[at])] as const),
      ['ratio', round(ratio)],
    ])
    const texts = names.map((_, at) => measured[at]?.toPrecision(4) ?? '')
    console.log(title.padEnd(66) + [...texts, ratio === undefined ? '' : `${ratio.toPrecision(2)}x`].map(cell).join(''))
  }

  const set = routeSet(size, { parameters: true, hostCount: 0 })
  const builds = sides.map((side) => measureBuild(side, set.routes, size > 10_000 ? 3 : 5))
  const built = builds.map((build) => build.built)
  tell('one match of a random path, ns', measureMatches(built, set, rounds))
  tell('the same with 100 hosts (radixtree_host_uri), ns', [matchWithHosts(size, 100)])
  tell(`the same with ${size / 10} hosts, ns`, [matchWithHosts(size, size / 10)])
  // All under one path, each with a priority of its own.
  const rivals = Array.from({ length: 100 }, (_, at) => ({ id: `rival-${at}`, uri: '/busy/path', priority: at }))
  for (const rival of rivals) built[0]?.replace?.(rival)
  const moved = rivals.map((rival, at) => ({ ...rival, priority: (at * 37) % 100 }))
  // A replacement of the last one, which takes find-my-way the whole of its routes again.
  const changed = built.map(({ replace }, place) => {
    if (replace === undefined) return undefined
    return place === 0
      ? measureChanges(replace, [...moved, ...rivals, ...set.routes.slice(0, 200)], 8_000)
      : measureChanges(replace, set.routes, size > 10_000 ? 3 : 20)
  })
  const medians = changed.map((change) => change?.median)
  tell('one route changed, up to 100 under one path, median, us', medians)
  tell('one route changed, up to 100 under one path, p99, us', [changed[0]?.p99, ...medians.slice(1)])
  tell('hosts of a service changed that all routes are of, us', [changeOfService(size)])
  tell(
    'built from nothing, ms',
    builds.map(({ buildMs }) => buildMs),
  )
  tell(
    'memory for each route, bytes',
    builds.map(({ bytesPerRoute }) => bytesPerRoute),
  )
  report[String(size)] = figures
}
console.log(`\n${JSON.stringify({ bench: 'router', rounds, sizes: report })}`)

function matchWithHosts(size: number, hostCount: number): number | undefined {
  const set = routeSet(size, { parameters: false, hostCount })
  return measureMatches([ourSide('radixtree_host_uri').build(set.routes)], set, rounds)[0]
}

/** The best of ten. */
function changeOfService(size: number): number {
  const { routes } = routeSet(size, { parameters: false, hostCount: 0 })
  const router = createRouter({ routes: routes.map((route) => ({ ...route, service_id: 'all' })) })
  const times = Array.from({ length: 10 }, (_, at) => {
    const hosts = [`team-${at}.example.com`, '*.example.net']
    return timed(() => router.putService({ id: 'all', hosts })).timeMs * 1000
  })
  return Math.min(...times)
}

function cell(text: string): string {
  return text.padStart(14)
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100
}
