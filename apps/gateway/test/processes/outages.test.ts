import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  httpAnswer,
  startHttpUpstream,
  startRadosgw,
  startRawServer,
  startSteadyLoad,
  type HttpUpstream,
} from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation, type RunningDataPlane } from '../../src/demo/installation.ts'

describe('real processes in an outage', () => {
  let upstream: HttpUpstream
  let installation: Installation

  const file = (name: string) => join(installation.folder, name)
  const answers = (node: RunningDataPlane) =>
    eventually('GET /ip answers 200', async () => (await node.get('/ip')).status === 200)
  const startWithRoute = async () => {
    await installation.startControlPlane()
    await installation.admin.put('routes/ip', {
      uri: '/ip',
      upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
    })
  }
  const hasLocalCopy = (node: RunningDataPlane) =>
    eventually('the node has a copy on its disk', async () => (await node.detail()).sources.local?.lastSuccessAt)

  beforeEach(async () => {
    ;[upstream, installation] = await Promise.all([startHttpUpstream(), createInstallation()])
    const backup = JSON.stringify(file('backup'))
    await writeFile(file('conf.yaml'), `fallback_cp:\n  cron_spec: '@every 1s'\n  filesystem: { path: ${backup} }\n`)
    await writeFile(file('config.yaml'), `deployment:\n  fallback_cp:\n    filesystem: { path: ${backup} }\n`)
  })

  afterEach(async () => {
    await installation?.remove()
    await upstream?.stop()
  })

  it('stay where they are and say so when the control plane comes back with an empty database', async () => {
    await startWithRoute()
    const running = await installation.startDataPlane('running', file('config.yaml'))
    await answers(running)
    await eventually('the backup holds the route', async () => {
      const { sources } = await running.detail()
      return sources.stores[0]?.lastSuccessAt !== undefined && (await readdir(file('backup'))).length > 0
    })
    const load = startSteadyLoad({ url: `${running.url}/ip`, ratePerSecond: 200 })
    await installation.controlPlane().end('SIGKILL')
    for (const name of await readdir(file('cp'))) {
      if (name.startsWith('control-plane.db')) await rm(join(file('cp'), name))
    }
    await installation.startControlPlane()

    const reason = 'the control plane answers with an empty configuration'
    await eventually('the running node says why it holds', async () => (await running.detail()).held === reason)
    expect(await running.detail()).toMatchObject({ mode: 'holding', ready: true })
    const fresh = await installation.startDataPlane('fresh', file('config.yaml'))
    await answers(fresh)
    await eventually('the new one says why, too', async () => (await fresh.detail()).held === reason)
    expect(await fresh.detail()).toMatchObject({ mode: 'standalone', ready: true })
    await running.kill()
    const { failures } = await load.stop()
    expect(failures.filter(({ error }) => error === undefined)).toEqual([])

    const restarted = await installation.startDataPlane('running', file('config.yaml'))
    await answers(restarted)
    await eventually('the restarted one says why, too', async () => (await restarted.detail()).held === reason)
    expect(await restarted.detail()).toMatchObject({ mode: 'standalone', ready: true })
  })

  it('start from their own disk when the only store refuses their keys', async () => {
    await startWithRoute()
    const before = await installation.startDataPlane('node', file('config.yaml'))
    await answers(before)
    await hasLocalCopy(before)
    await before.process.end('SIGTERM')

    const refusing = await startRawServer((socket) => socket.end(httpAnswer(403)))
    try {
      await writeFile(
        file('standalone.yaml'),
        `deployment:
  role_data_plane: { config_provider: yaml }
  fallback_cp:
    aws_s3:
      { access_key: a, secret_key: b, config_bucket: gw-instance, resource_bucket: gw-resources, endpoint: '${refusing.endpoint}' }
`,
      )
      for (let round = 0; round < 5; round++) {
        const node = await installation.startDataPlane('node', file('standalone.yaml'))
        await answers(node)
        await eventually('it says what is wrong', async () => {
          const { mode, sources } = await node.detail()
          expect(mode).toBe('standalone')
          return sources.stores[0]?.lastError?.message.includes('denied')
        })
        await node.kill()
      }
    } finally {
      await refusing.stop()
    }
  })
})

describeWithServer('radosgw', 'a control plane whose Ceph radosgw is a black hole', () => {
  it('starts nevertheless when the store has worked before, keeps trying, and tells no secret', async () => {
    const [store, installation] = await Promise.all([startRadosgw(), createInstallation()])
    try {
      await store.createBucket('gw-instance')
      await store.createBucket('gw-resources')
      await writeFile(
        join(installation.folder, 'conf.yaml'),
        `fallback_cp:
  cron_spec: '@every 1s'
  aws_s3:
    access_key: ${store.accessKeyId}
    secret_key: ${store.secretAccessKey}
    config_bucket: gw-instance
    resource_bucket: gw-resources
    endpoint: ${store.endpoint}
`,
      )
      const secret = 'a-secret-in-a-route'
      const before = await installation.startControlPlane()
      await installation.admin.put('routes/ip', { uri: '/ip', desc: secret, upstream: { nodes: { 'a:1': 1 } } })
      await eventually('the backup was written', async () => before.output().includes('published a snapshot'))
      await before.end('SIGTERM')
      store.pause()
      const after = await installation.startControlPlane()
      // It answers long before the store's deadlines, and says what is wrong once they have passed.
      expect(after.output()).not.toContain('the export has failed')
      await eventually('it says that the export fails', async () => after.output().includes('the export has failed'))
      store.resume()
      await installation.admin.put('routes/ip', { uri: '/ips', desc: secret, upstream: { nodes: { 'a:1': 1 } } })
      await eventually('it exports again', async () => after.output().includes('published a snapshot'))
      const credentials = await readFile(join(installation.folder, 'cp', 'credentials.json'), 'utf8')
      const secrets = [...credentials.matchAll(/"([\w-]{32})"/g)].map(([, found = '']) => found)
      expect(secrets).toHaveLength(2)
      for (const hidden of [...secrets, secret, store.secretAccessKey]) {
        expect(before.output() + after.output()).not.toContain(hidden)
      }
    } finally {
      await installation.remove()
      await store.stop()
    }
  })
})
