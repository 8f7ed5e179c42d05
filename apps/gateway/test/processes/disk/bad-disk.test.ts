import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import {
  freePort,
  startHttpUpstream,
  startServerProcess,
  startSteadyLoad,
  type HttpUpstream,
} from '@outlast/test-servers'
import type { ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { statusDetail, type StatusDetail } from '../../../src/data-plane/status-server.ts'
import { eventually } from '../../../src/demo/eventually.ts'
import { createInstallation, type Installation } from '../../../src/demo/installation.ts'
import { mayMount, mountLittleDisk, type LittleDisk } from './little-disk.ts'

interface Node {
  readonly process: ServerProcess
  readonly url: string
  get(path: string): Promise<number>
  detail(): Promise<StatusDetail>
  metrics(): Promise<string>
}

const troubles = [
  {
    what: 'full',
    begin: async (disk: LittleDisk) => disk.fill(),
    end: async (disk: LittleDisk) => disk.free(),
    code: 'ENOSPC',
  },
  {
    what: 'read-only',
    begin: async (disk: LittleDisk) => disk.makeReadOnly(),
    end: async (disk: LittleDisk) => disk.makeWritable(),
    code: 'EROFS',
  },
]

// Skipped, which REQUIRE_SERVERS=1 forbids, where a test may not mount a disk of its own (macOS, some containers).
describe.skipIf(!mayMount)('a node on a real disk of its own, where a test may mount one', () => {
  let upstream: HttpUpstream
  let installation: Installation
  let disk: LittleDisk

  beforeEach(async () => {
    ;[upstream, installation] = await Promise.all([startHttpUpstream(), createInstallation()])
    await writeFile(file('conf.yaml'), '')
    await writeFile(file('config.yaml'), 'nginx_config:\n  error_log_level: warn\n')
    await mkdir(file('disk'))
    disk = await mountLittleDisk(file('disk'))
    await installation.startControlPlane()
    await addRoute('ip')
  })
  afterEach(async () => {
    await disk?.remove()
    await installation?.remove()
    await upstream?.stop()
  })

  const file = (name: string): string => join(installation.folder, name)
  const addRoute = async (id: string): Promise<void> => {
    await installation.admin.put(`routes/${id}`, {
      uri: `/${id}`,
      upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
    })
  }

  const startNode = async (): Promise<Node> => {
    const [http, status] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const outlast = fileURLToPath(new URL('../../../bin/outlast.js', import.meta.url))
    const flags = [
      '--config',
      file('config.yaml'),
      '--data',
      join(disk.path, 'node'),
      '--http',
      http,
      '--status',
      status,
    ]
    const [program, ...programArguments] = disk.within([process.execPath, outlast, 'dp', ...flags])
    const environment = { ...process.env, ...(await installation.dataPlaneEnvironment()) }
    const node = await startServerProcess(program, programArguments, { environment })
    processes.push(node)
    const ask = async (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(5_000) })
    const get = async (path: string): Promise<number> => (await ask(`http://${http}${path}`)).status
    await eventually('the node serves', async () => (await get('/ip')) === 200).catch((error: unknown) => {
      throw new Error(`the node does not serve: ${node.output()}`, { cause: error })
    })
    return {
      process: node,
      url: `http://${http}`,
      get,
      detail: async () => statusDetail(`http://${status}`),
      metrics: async () => (await ask(`http://${status}/metrics`)).text(),
    }
  }
  let processes: ServerProcess[] = []
  afterEach(async () => {
    await Promise.all(processes.map((each) => each.end('SIGKILL')))
    processes = []
  })

  const serves = async (node: Node, path: string): Promise<void> => {
    await eventually(`GET ${path} answers 200`, async () => (await node.get(path)) === 200)
  }
  const isKept = async (node: Node): Promise<void> => {
    await eventually('all that the node keeps is on its disk', async () => {
      const { localCopyError, ordersError, poisonNoteError } = await node.detail()
      const errors = [localCopyError, ordersError, poisonNoteError].filter((error) => error !== undefined)
      return errors.length === 0 && (await disk.names('node/snapshots/groups/default/resources/manifests')).length > 0
    })
  }
  const warnings = (node: Node, message: string): number => node.process.output().split(message).length - 1

  describe.each(troubles)('that becomes $what', ({ begin, end, code }) => {
    it('serves and follows, says so once, and keeps all of it as soon as the disk is well', async () => {
      const node = await startNode()
      await isKept(node)
      const load = startSteadyLoad({ url: `${node.url}/ip`, ratePerSecond: 100 })
      await begin(disk)

      await addRoute('headers')
      await serves(node, '/headers')
      const { token, status } = JSON.parse(await disk.read('node/running.json'))
      const order = await fetch(`${status}/control/freeze`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ actor: 'ada', reason: 'INC-7' }),
      })
      expect(await order.json()).toEqual({ status: 'done', outlives: false })
      const failures = new Set<number | undefined>()
      await eventually('the copy has failed several times', async () => {
        const { localCopyError } = await node.detail()
        failures.add(localCopyError?.at)
        return failures.size > 3
      })
      expect(await node.detail()).toMatchObject({
        ready: true,
        localCopyError: { message: expect.stringContaining(code) },
        ordersError: { message: expect.stringContaining(code) },
      })
      const metrics = await node.metrics()
      expect(metrics).toContain('outlast_dataplane_disk_failing{what="copies"} 1')
      expect(metrics).toContain('outlast_dataplane_disk_failing{what="orders"} 1')
      expect(warnings(node, 'the local copy could not be written')).toBe(1)
      expect(warnings(node, 'would not outlive this process')).toBe(1)

      await end(disk)
      await isKept(node)
      expect(await node.metrics()).toContain('outlast_dataplane_disk_failing{what="copies"} 0')
      expect(JSON.parse(await disk.read('node/orders.json'))).toMatchObject({ frozen: { actor: 'ada' } })
      const { failures: failed } = await load.stop()
      expect(failed).toEqual([])

      // Nobody else has it now.
      await node.process.end('SIGKILL')
      await installation.controlPlane().end('SIGKILL')
      const next = await startNode()
      await serves(next, '/headers')
      expect(await next.detail()).toMatchObject({ mode: 'standalone', orders: { frozen: { actor: 'ada' } } })
    })
  })

  it.each(troubles)(
    'that is $what before the node starts: a new one serves what its control plane says, an old one what is on the disk',
    async ({ begin, end, code }) => {
      await begin(disk)
      const fresh = await startNode()
      await addRoute('headers')
      await serves(fresh, '/headers')
      await eventually('the copy has failed', async () => (await fresh.detail()).localCopyError !== undefined)
      expect(warnings(fresh, 'commands on this machine do not find this node')).toBe(1)
      await end(disk)
      await isKept(fresh)
      await eventually('commands find the node', async () => (await disk.read('node/running.json')) !== '')
      await fresh.process.end('SIGKILL')

      await installation.controlPlane().end('SIGKILL')
      await begin(disk)
      const old = await startNode()
      await serves(old, '/headers')
      await eventually('what cannot be remembered is told', async () => {
        const { mode, ready, poisonNoteError } = await old.detail()
        expect({ mode, ready }).toEqual({ mode: 'standalone', ready: true })
        return poisonNoteError?.message.includes(code)
      })
      await end(disk)
      await isKept(old)
      await eventually('commands find the node, and not the one before', async () => {
        return JSON.parse(await disk.read('node/running.json')).instance === (await old.detail()).instance
      })
    },
  )
})
