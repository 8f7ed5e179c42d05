/**
 * How long it takes until what somebody does through the Admin API has taken effect in a data plane that watches: each
 * kind of resource created, changed and deleted, one request after the other. Beside it the same data plane on a bare etcd
 * that is written to directly, without any checks. Needs `npm run build`: the control plane is that of the real command.
 *
 *   node --conditions=@outlast/source bench/admin-to-data-plane.ts [--size 1000] [--rounds 20]
 */
import { parseArgs } from 'node:util'
import type { Entry } from '@outlast/snapshot'
import { owners, sampleResources } from '../apps/gateway/test/control-plane/sample-resources.ts'
import { measureTimeToDataPlane, type ResourceLife } from './control-plane/admin-to-data-plane.ts'
import { startDurableEtcd } from './control-plane/durable-etcd.ts'
import { fillSqlite } from './control-plane/our-sides.ts'
import { runControlPlane } from './control-plane/running-control-plane.ts'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '20' } },
})
const [size, rounds] = [Number(values.size), Number(values.rounds)]
if (![size, rounds].every((number) => Number.isSafeInteger(number) && number >= 1)) {
  throw new TypeError('--size and --rounds are whole numbers from 1 on')
}
const prefix = '/gateway_groups/default'

const ours = await measureControlPlane()
const peer = await measureEtcd()
const report: Record<string, object> = {}
console.log(`Node.js ${process.version}; ${size.toLocaleString('en')} routes, ${rounds} rounds; milliseconds`)
console.log('until it has taken effect'.padEnd(30) + ['ours', 'slowest', 'etcd', 'ratio'].map(cell).join(''))
for (const { kind, medianMs, slowestMs } of [...ours.kinds, ours.all]) {
  const other = [...peer.kinds, peer.all].find((figure) => figure.kind === kind)?.medianMs ?? Number.NaN
  report[kind] = {
    ours: round(medianMs),
    slowest: round(slowestMs),
    peer: round(other),
    ratio: round(other / medianMs),
  }
  console.log(
    kind.padEnd(30) + [medianMs, slowestMs, other, other / medianMs].map((ms) => cell(ms.toFixed(1))).join(''),
  )
}
console.log(`\n${JSON.stringify({ bench: 'admin-to-data-plane', size, rounds, figures: report })}`)

async function measureControlPlane() {
  const controlPlane = await runControlPlane({ fill: async (path) => fillSqlite(path, size) })
  try {
    for (const { path, value } of owners) await controlPlane.call('PUT', path, value)
    const lives = sampleResources.map(({ kind, key, path, value, changed }): ResourceLife => {
      const own = path.replace(/1$/, 'bench')
      return {
        kind,
        entry: key.slice(prefix.length + 1).replace(/1$/, 'bench'),
        put: async (isChange) => controlPlane.call('PUT', own, isChange ? changed : value),
        remove: async () => controlPlane.call('DELETE', own),
      }
    })
    return await measureTimeToDataPlane(controlPlane.api, lives, rounds)
  } finally {
    await controlPlane.stop()
  }
}

async function measureEtcd() {
  const { etcd, writer } = await startDurableEtcd(prefix, size)
  try {
    const lives = sampleResources.map(({ kind, key, value, changed }): ResourceLife => {
      const [collection = '', ...rest] = key
        .slice(prefix.length + 1)
        .replace(/1$/, 'bench')
        .split('/')
      const entry = (of: object): Entry => ({
        kind: collection,
        id: rest.join('/'),
        value: JSON.parse(JSON.stringify(of)),
      })
      const write = async (change: Parameters<typeof writer.write>[0][number]): Promise<void> => {
        const outcome = await writer.write([change], { since: Number.MAX_SAFE_INTEGER - 1 })
        if (outcome === 'conflict') throw new Error('etcd has refused a change')
      }
      return {
        kind,
        entry: `${collection}/${rest.join('/')}`,
        put: async (isChange) =>
          write(isChange ? { type: 'replace', entry: entry(changed) } : { type: 'create', entry: entry(value) }),
        remove: async () => write({ type: 'remove', entry: entry({}) }),
      }
    })
    return await measureTimeToDataPlane({ endpoint: etcd.endpoint, prefix }, lives, rounds)
  } finally {
    await etcd.stop()
  }
}

function cell(text: string): string {
  return text.padStart(10)
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100
}
