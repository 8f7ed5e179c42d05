/**
 * What a proxied request costs: CPU time, user and system, of the whole process tree, beside nginx and proxies for Node.js,
 * which are installed into a folder of this bench. Each proxy has one core, the load and the upstream the other. Random
 * paths over all routes; only Outlast routes at all.
 *
 *   npm run bench:proxy -- [--routes 10000] [--body-bytes 128] [--rounds 3] [--seconds 3] [--short]
 *
 * Needs Linux with two cores, nginx and wrk (Debian: nginx-light, wrk).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installPeers } from './install-peers.ts'
import { freePort } from '@outlast/test-servers'
import { proxyConfiguration, upstreamConfiguration } from './proxy/nginx-configuration.ts'
import { cpuSeconds, residentMegabytes } from './proxy/process-tree.ts'
import { runWrk } from './proxy/run-wrk.ts'
import { startProcess } from './proxy/start-process.ts'
import { median } from './quantile.ts'

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '10000' },
    'body-bytes': { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    short: { type: 'boolean', default: false },
  },
})
const routes = Number(values.routes)
const bodyBytes = Number(values['body-bytes'])
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
if (![routes, bodyBytes, rounds, seconds].every((value) => Number.isSafeInteger(value) && value > 0)) {
  throw new TypeError('--routes, --body-bytes, --rounds and --seconds are whole numbers above 0')
}

interface Figures {
  readonly microseconds: number[]
  readonly perSecond: number[]
  readonly megabytes: number[]
  failures: number
}

installPeers('proxy')
const folder = mkdtempSync(join(tmpdir(), 'bench-proxy-'))
const script = fileURLToPath(new URL('proxy/outlast-process.mjs', import.meta.url))
const peerScript = fileURLToPath(new URL('proxy/peer-process.mjs', import.meta.url))
const [upstreamPort, port] = [await freePort(), await freePort()]
const upstreamAddress = `127.0.0.1:${upstreamPort}`

const sides: Readonly<Record<string, [program: string, programArguments: string[]]>> = {
  nginx: ['nginx', ['-e', 'stderr', '-c', file('proxy.conf', proxyConfiguration(folder, port, upstreamPort))]],
  Outlast: [process.execPath, [script, String(port), upstreamAddress, String(routes)]],
  ...Object.fromEntries(
    ['fast-proxy', '@fastify/http-proxy', 'http-proxy-3'].map((name) => [
      name,
      [process.execPath, [peerScript, name, String(port), upstreamAddress]],
    ]),
  ),
}
const figures = new Map<string, Figures>(
  Object.keys(sides).map((name) => [name, { microseconds: [], perSecond: [], megabytes: [], failures: 0 }]),
)
const lua = file(
  'paths.lua',
  `function request() local at = math.random(0, ${routes - 1}); return wrk.format(nil, "/tenants/" .. at % 61 .. "/orders-" .. at .. "/" .. math.random(1, 1000)) end`,
)

const upstream = await startProcess(
  1,
  'nginx',
  ['-e', 'stderr', '-c', file('upstream.conf', upstreamConfiguration(folder, upstreamPort, bodyBytes))],
  `http://${upstreamAddress}/`,
)
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, [program, programArguments]] of Object.entries(sides)) {
      const proxy = await startProcess(0, program, programArguments, `http://127.0.0.1:${port}/tenants/0/orders-0/x`)
      await runWrk(port, lua, 2, !values.short)
      const before = cpuSeconds(proxy.pid)
      const load = await runWrk(port, lua, seconds, !values.short)
      const used = cpuSeconds(proxy.pid) - before
      const side = figures.get(name)
      side?.microseconds.push((used * 1e6) / load.requests)
      side?.perSecond.push(load.perSecond)
      side?.megabytes.push(residentMegabytes(proxy.pid))
      if (side !== undefined) side.failures += load.failures
      await proxy.stop()
    }
  }
} finally {
  await upstream.stop()
  rmSync(folder, { recursive: true })
}

const nginx = median(figures.get('nginx')?.microseconds ?? [])
const report = Object.fromEntries(
  [...figures].map(([name, { microseconds, perSecond, megabytes, failures }]) => [
    name,
    {
      microseconds: rounded(median(microseconds)),
      timesNginx: rounded(median(microseconds) / nginx),
      perSecond: Math.round(median(perSecond)),
      megabytes: Math.round(median(megabytes)),
      failures,
    },
  ]),
)
console.log(
  `Node.js ${process.version}; medians of ${rounds} rounds; ${routes.toLocaleString('en')} routes, ${bodyBytes} bytes, ${values.short ? 'a connection for each request' : 'kept connections'}`,
)
console.log(['proxy'.padEnd(20), 'CPU us/request', 'x nginx', 'requests/s', 'MB', 'failures'].map(cell).join(''))
for (const [name, { microseconds, timesNginx, perSecond, megabytes, failures }] of Object.entries(report)) {
  console.log([name.padEnd(20), microseconds, timesNginx, perSecond, megabytes, failures].map(cell).join(''))
}
console.log(`\n${JSON.stringify({ bench: 'proxy', routes, bodyBytes, kept: !values.short, rounds, sides: report })}`)

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function cell(value: string | number, at: number): string {
  return at === 0 ? String(value) : String(value).padStart(16)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
