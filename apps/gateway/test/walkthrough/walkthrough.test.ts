import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import {
  startHttpUpstream,
  startRadosgw,
  startSteadyLoad,
  type HttpUpstream,
  type Radosgw,
  type SteadyLoad,
} from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation, type RunningDataPlane } from '../../src/demo/installation.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'
import {
  writeAutomaticConfig,
  writeBackupConfig,
  writeRecoveryConfig,
  writeStandaloneConfig,
} from './walkthrough-files.ts'

// The published walkthrough, step by step, with real processes on a real S3 server. Each test goes on where
// the one before ended, as a person at the keyboard would.
describeWithServer('radosgw', 'the walkthrough on real processes and Ceph radosgw', () => {
  let store: Radosgw
  let upstream: HttpUpstream
  let installation: Installation
  let following: RunningDataPlane
  let automatic: RunningDataPlane
  let forced: RunningDataPlane

  const route = (...uris: string[]) => ({
    uris,
    upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
  })
  const file = (name: string) => join(installation.folder, name)
  const answers = (dataPlane: RunningDataPlane, path: string) =>
    eventually(`GET ${path} answers 200`, async () => {
      const response = await dataPlane.get(path)
      return response.status === 200 && response
    })
  const load = (dataPlane: RunningDataPlane) => startSteadyLoad({ url: `${dataPlane.url}/ip`, ratePerSecond: 200 })
  const expectNothingLost = async (running: SteadyLoad) => {
    const { sent, correct, failures } = await running.stop()
    expect(failures).toEqual([])
    expect(sent).toBeGreaterThan(0)
    expect(correct).toBe(sent)
  }

  beforeAll(async () => {
    ;[store, upstream, installation] = await Promise.all([startRadosgw(), startHttpUpstream(), createInstallation()])
    await store.createBucket('bucket-to-push-config-data')
    await store.createBucket('bucket-to-push-resource-data')
    await writeBackupConfig(file('conf.yaml'), store, '@every 1s')
    await writeAutomaticConfig(file('automatic.yaml'), store)
    await writeStandaloneConfig(file('standalone.yaml'), store)
    await writeRecoveryConfig(file('recovery.yaml'))
  })

  afterAll(async () => {
    await installation?.remove()
    await upstream?.stop()
    await store?.stop()
  })

  it('answers /ip through a live data plane, and backs up to two buckets', async () => {
    await installation.startControlPlane()
    await installation.admin.put('routes/ip', route('/ip'))
    following = await installation.startDataPlane('following', file('automatic.yaml'))
    const { body } = await answers(following, '/ip')
    expect(JSON.parse(body)).toEqual({ origin: '127.0.0.1' })
    await eventually('the node follows the control plane', async () => (await following.detail()).mode === 'live')

    const bucket = (name: string) =>
      s3Storage({
        bucket: name,
        endpoint: store.endpoint,
        forcePathStyle: true,
        region: 'ap-south-1',
        credentials: store,
      })
    const backup = snapshotStore({
      group: 'default',
      instance: bucket('bucket-to-push-config-data'),
      resources: bucket('bucket-to-push-resource-data'),
    })
    await eventually('the resource bucket holds the route', async () => {
      const latest = await backup.resources.latest()
      return latest?.manifest.counts['routes'] === 1
    })
    expect(await backup.instance.latest()).toBeDefined()
  })

  it('keeps proxying without losing a request when the control plane is killed', async () => {
    const running = load(following)
    await sleep(5_000)
    await controlPlane().end('SIGKILL')
    await sleep(10_000)
    await expectNothingLost(running)
    expect((await following.detail()).mode).not.toBe('live')
  })

  it("starts a fresh data plane from the seed's standalone file and one bucket name", async () => {
    await copyFile(file('standalone.yaml'), file('forced.yaml'))
    forced = await installation.startDataPlane('forced', file('forced.yaml'))
    const { body } = await answers(forced, '/ip')
    expect(JSON.parse(body)).toEqual({ origin: '127.0.0.1' })
    expect((await forced.detail()).mode).toBe('standalone')
  })

  it('starts a fresh data plane by itself from the backup when the control plane does not answer', async () => {
    automatic = await installation.startDataPlane('automatic', file('automatic.yaml'))
    await answers(automatic, '/ip')
    expect((await automatic.detail()).mode).toBe('standalone')
  })

  it('follows the returned control plane: the automatic node by itself, the forced one after a reload; nothing is lost', async () => {
    const running = [load(automatic), load(forced), load(following)]
    await sleep(5_000)
    await installation.startControlPlane()
    await installation.admin.put('routes/ip', route('/ip', '/headers'))
    await answers(automatic, '/headers')
    await answers(following, '/headers')
    for (const node of [automatic, following]) {
      await eventually('the node follows the control plane', async () => (await node.detail()).mode === 'live')
    }
    expect((await forced.detail()).mode).toBe('standalone')

    await copyFile(file('recovery.yaml'), file('forced.yaml'))
    const reload = await startOutlast(['reload', '--data', forced.data])
    await eventually('outlast reload ends', async () => !reload.isAlive())
    expect(reload.output()).toBe('reloaded\n')
    await eventually('the forced node follows the control plane', async () => (await forced.detail()).mode === 'live')
    await installation.admin.put('routes/ip', route('/ip', '/headers', '/delay/*'))
    await answers(forced, '/delay/1')
    await sleep(10_000)
    for (const one of running) await expectNothingLost(one)
  })

  it('serves from its local store after a restart with the control plane and S3 both gone', async () => {
    await answers(automatic, '/delay/1')
    const { position } = await automatic.detail()
    const local = fsStorage({ path: join(automatic.data, 'snapshots') })
    await eventually('the local store holds what the node runs', async () => {
      const latest = await snapshotStore({ group: 'default', instance: local, resources: local }).resources.latest()
      return latest?.manifest.position.revision === position?.revision
    })
    const running = load(following)
    await sleep(5_000)
    await controlPlane().end('SIGKILL')
    await store.stop()
    await automatic.kill()
    const restarted = await installation.startDataPlane('automatic', file('automatic.yaml'))
    for (const path of ['/ip', '/delay/1']) expect((await answers(restarted, path)).status).toBe(200)
    await sleep(10_000)
    await expectNothingLost(running)
  })

  it('refuses a file with mistakes at reload, says why, and changes nothing', async () => {
    await rm(file('forced.yaml'))
    const reload = await startOutlast(['reload', '--data', forced.data])
    await eventually('outlast reload ends', async () => !reload.isAlive())
    expect(reload.output()).toBe(`outlast: refused, nothing changed: ${file('forced.yaml')}: no such file\n`)
    await answers(forced, '/ip')
  })

  const controlPlane = () => installation.controlPlane()
})
