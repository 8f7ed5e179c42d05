import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { cp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, startServerProcess } from '@outlast/test-servers'
import { median } from '../quantile.ts'
import type { Figure } from './figure.ts'
import type { Installation } from './installation.ts'

const outlast = fileURLToPath(new URL('../../apps/gateway/bin/outlast.js', import.meta.url))
const peer = fileURLToPath(new URL('peer-start.ts', import.meta.url))
const startLimitMs = 60_000
const pollMs = 5

/**
 * From the start of the process until its status port says that it is ready, less what Node.js needs for nothing at all.
 * The peer reads one file with everything in it, and makes a router of that.
 */
export async function measureColdStarts(installation: Installation, runs: number): Promise<readonly Figure[]> {
  const repeated = async (start: () => Promise<number>): Promise<number> => {
    const times: number[] = []
    for (let run = 0; run < runs; run += 1) times.push(await start())
    return median(times)
  }
  const bareMs = await repeated(async () => ended(['--eval', '0']))
  const peerMs = await repeated(async () => ended(['--conditions=@outlast/source', peer, installation.wholeFile]))
  const figures: Figure[] = [{ title: 'bare Node.js, ms', ours: bareMs }]
  for (const controlPlane of ['refusing', 'blackHole'] as const) {
    for (const copy of ['local', 'remote'] as const) {
      const ours = await repeated(async () => startNode(installation, { controlPlane, copy }))
      const title = `cold start, ${copy} copy, control plane ${controlPlane === 'refusing' ? 'refuses' : 'is a black hole'}, ms`
      figures.push({ title, ours: ours - bareMs, peer: peerMs - bareMs })
    }
  }
  return figures
}

async function startNode(
  { folder, filledData, controlPlane, remoteStore }: Installation,
  options: { readonly controlPlane: keyof Installation['controlPlane']; readonly copy: 'local' | 'remote' },
): Promise<number> {
  const [http, status] = [await freePort(), await freePort()]
  const config = join(folder, 'config.yaml')
  const data = join(folder, 'data')
  const store = options.copy === 'remote' ? `\n  fallback_cp:\n${remoteStore}` : ''
  await writeFile(config, `deployment:\n  etcd: { host: ['${controlPlane[options.controlPlane]}'] }${store}\n`)
  if (options.copy === 'local') await cp(filledData, data, { recursive: true })
  const begunAt = performance.now()
  const node = await startServerProcess(
    process.execPath,
    [
      outlast,
      'dp',
      '--config',
      config,
      '--data',
      data,
      '--http',
      `127.0.0.1:${http}`,
      '--status',
      `127.0.0.1:${status}`,
    ],
    { environment: { PATH: process.env['PATH'] } },
  )
  try {
    while (!(await isReady(status))) {
      if (!node.isAlive() || performance.now() - begunAt > startLimitMs) {
        throw new Error(`the node did not start: ${node.output()}`)
      }
      await sleep(pollMs)
    }
    return performance.now() - begunAt
  } finally {
    await node.end('SIGKILL')
    await rm(data, { recursive: true })
  }
}

async function isReady(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  request({ host: '127.0.0.1', port, path: '/status/ready', agent: false }, (response) => {
    response.resume()
    resolve(response.statusCode === 200)
  })
    .on('error', () => {
      resolve(false)
    })
    .end()
  return promise
}

async function ended(commandLine: readonly string[]): Promise<number> {
  const begunAt = performance.now()
  const child = spawn(process.execPath, commandLine, { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`a process ended with ${String(child.exitCode)}`)
  return performance.now() - begunAt
}
