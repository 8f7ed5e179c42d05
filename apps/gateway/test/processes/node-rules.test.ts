import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { startRawServer } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation } from '../../src/demo/installation.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'
import { startNode, type StartedNode } from './start-node.ts'

// Two of the ten rules of a data plane are as much about how a node is put together as about its importer.
describe.each(['dp', 'sidecar'] as const)('outlast %s', (role) => {
  let folder: string
  let node: StartedNode | undefined
  const file = (name: string) => join(folder, name)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-rules-'))
  })
  afterEach(async () => {
    await node?.process.end('SIGKILL')
    node = undefined
    await rm(folder, { recursive: true, force: true })
  })

  const writeConfig = async (backup: string): Promise<string> => {
    const deployment = {
      fallback_cp: { interval: 1, filesystem: { path: backup } },
      ...(role === 'sidecar' && { sidecar: { apisix_yaml: { path: file('apisix.yaml') } } }),
    }
    await writeFile(file('config.yaml'), JSON.stringify({ deployment }))
    return file('config.yaml')
  }
  const backUp = async (): Promise<string> => {
    const storage = fsStorage({ path: file('backup') })
    const store = snapshotStore({ group: 'default', instance: storage, resources: storage })
    const entries = [{ kind: 'routes', id: 'a', value: { uri: '/a', upstream: { nodes: { '127.0.0.1:1': 1 } } } }]
    const publication = await store.resources.begin()
    await publication.publish({ entries, position: { epoch: 1, revision: 7 }, source: { identity: 'cp' } })
    return file('backup')
  }

  it('rule 1: outlives a failure that nobody waits for, and logs where it came from', async () => {
    const mistake = file('mistake.mjs')
    await writeFile(mistake, `process.on('SIGUSR2', async () => { throw new Error('a mistake') })\n`)
    const started = await startNode(role, {
      config: await writeConfig(await backUp()),
      data: file('data'),
      environment: { NODE_OPTIONS: `--import ${mistake}` },
    })
    node = started
    await started.untilReady()
    started.process.signal('SIGUSR2')
    const logged = /"reason":"a mistake","at":\["at .*mistake\.mjs/
    await eventually('the mistake is logged', async () => logged.test(started.process.output()))
    expect(await started.isReady()).toBe(true)
  })

  it('rule 9: reads the store while it follows the control plane, and says what is wrong with it', async () => {
    const installation = await createInstallation()
    try {
      const backup = join(installation.folder, 'backup')
      const conf = `fallback_cp:\n  cron_spec: '@every 1s'\n  filesystem: { path: ${JSON.stringify(backup)} }\n`
      await writeFile(join(installation.folder, 'conf.yaml'), conf)
      await installation.startControlPlane()
      await installation.admin.put('routes/a', { uri: '/a', upstream: { nodes: { '127.0.0.1:1': 1 } } })
      const environment = await installation.dataPlaneEnvironment()
      const started = await startNode(role, { config: await writeConfig(backup), data: file('data'), environment })
      node = started
      await started.untilReady()
      const storeReport = async () => {
        const { mode, sources } = await started.detail()
        expect(mode).toBe('live')
        return sources.stores[0]
      }
      let readAt = 0
      for (let reads = 0; reads < 3; reads++) {
        await eventually('the store is read once more', async () => {
          const at = (await storeReport())?.lastSuccessAt ?? 0
          if (at <= readAt) return false
          readAt = at
          return true
        })
      }
      // Until the exporter, which makes the folder again, is not in the middle of it.
      await eventually('a file is where the store was', async () => {
        await rm(backup, { recursive: true })
        await writeFile(backup, '')
        return true
      })
      await eventually(
        'it says that the store cannot be read',
        async () => ((await storeReport())?.lastError?.at ?? 0) > readAt,
      )
    } finally {
      await installation.remove()
    }
  })

  it('rule 10: boots from a store without anything that the way to the control plane needs', async () => {
    const config = await writeConfig(await backUp())
    const hanging = await startRawServer(() => {})
    try {
      const environment = {
        API7_CONTROL_PLANE_ENDPOINTS: JSON.stringify([
          'https://no-such-host.invalid:7943',
          hanging.endpoint.replace('http:', 'https:'),
        ]),
        API7_CONTROL_PLANE_CA: file('not-mounted/ca.pem'),
        API7_CONTROL_PLANE_CERT: file('not-mounted/tls.crt'),
        API7_CONTROL_PLANE_KEY: file('not-mounted/tls.key'),
      }
      const started = await startNode(role, { config, data: file('data'), environment })
      node = started
      await started.untilReady()
      const { mode, position } = await started.detail()
      expect({ mode, position }).toEqual({ mode: 'standalone', position: { epoch: 1, revision: 7 } })
      const reason = 'API7_CONTROL_PLANE_CA: is neither PEM text nor a file that can be read'
      await eventually(
        'it says what is wrong',
        async () => (await started.detail()).sources.live?.lastError?.message === reason,
      )
      // Who asks whether the file is right is told.
      const checked = await runOutlast([role, '--config', config, '--check'], environment)
      expect(checked).toEqual({ exitCode: 1, stdout: '', stderr: `outlast: ${reason}\n` })
    } finally {
      await hanging.stop()
    }
  })

  it('ends with what is wrong when nothing at all can be used: no certificate, no store, no copy on the disk', async () => {
    const config = await writeConfig(file('not-mounted'))
    const environment = {
      API7_CONTROL_PLANE_ENDPOINTS: '["https://127.0.0.1:1"]',
      API7_CONTROL_PLANE_CA: file('not-mounted/ca.pem'),
    }
    node = await startNode(role, { config, data: file('data'), environment })
    const { process } = node
    await eventually('it ends', async () => !process.isAlive())
    expect(process.exitCode()).toBe(1)
    expect(process.output().trimEnd().split('\n').at(-1)).toMatch(/^outlast: API7_CONTROL_PLANE_CA: is neither/)
  })
})
