import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { snapshotStore } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { etcdWriter } from '@outlast/source-etcd'
import { fsStorage } from '@outlast/storage-fs'
import { freePort, startEtcd, type Etcd, type ServerProcess } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'

describeWithServer('etcd', 'an exporter of its own, beside the etcd of a stock APISIX', () => {
  let folder: string
  let etcd: Etcd
  let exporter: ServerProcess | undefined
  let statusUrl: string

  const file = (name: string) => join(folder, name)
  const consumer = (key: string) => ({
    kind: 'consumers',
    id: 'jack',
    value: { username: 'jack', plugins: { 'key-auth': { key } } },
  })
  const write = async (...changes: Parameters<ReturnType<typeof etcdWriter>['write']>[0]) => {
    const writer = etcdWriter({ endpoints: [etcd.endpoint], prefix: '/apisix' })
    expect(await writer.write(changes, { since: Number.MAX_SAFE_INTEGER - 1 })).toBe('committed')
  }
  const backup = () => {
    const storage = fsStorage({ path: file('backup') })
    return snapshotStore({ group: 'default', instance: storage, resources: storage })
  }
  const start = async () => {
    const port = await freePort()
    statusUrl = `http://127.0.0.1:${port}`
    exporter = await startOutlast(['exporter', '-c', file('config.yaml'), '--status', `127.0.0.1:${port}`])
    await eventually('the exporter is ready', async () => (await fetch(`${statusUrl}/status/ready`)).ok)
  }
  const newest = async () => (await backup().resources.latest())?.manifest

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-'))
    etcd = await startEtcd({ dataDir: file('etcd') })
    await writeFile(
      file('config.yaml'),
      `
apisix: { data_encryption: { keyring: [0123456789abcdef0123456789abcdef] } }
discovery: { dns: { servers: ["127.0.0.1:8600"] } }
deployment:
  etcd: { host: ["http://127.0.0.1:1", "${etcd.endpoint}"], prefix: /apisix, timeout: 2 }
  fallback_cp: { mode: write, interval: 1, filesystem: { path: ${JSON.stringify(file('backup'))} } }
`,
    )
    await write({ type: 'create', entry: consumer('first-secret') })
  })

  afterEach(async () => {
    await exporter?.end('SIGKILL')
    exporter = undefined
    await etcd.kill()
    await rm(folder, { recursive: true, force: true })
  })

  it('follows it through an endpoint that works, with the keyring and discovery of its file, and no secret in clear', async () => {
    await start()
    await write({ type: 'replace', entry: consumer('second-secret') })
    await eventually('the change is exported', async () => (await newest())?.sequence === 2)

    const instance = await backup().instance.latest()
    const { entries: instanceEntries } = await backup().instance.load(instance?.manifest ?? never())
    expect(instanceEntries.map(({ kind, id }) => `${kind}/${id}`).toSorted()).toEqual(['discovery/dns', 'keyring/1'])
    const { entries } = await backup().resources.load((await newest()) ?? never())
    expect(JSON.stringify(entries)).not.toContain('second-secret')
    const fields = fieldProtection({ group: 'default' })(instanceEntries)
    expect(entries.map((entry) => fields.reveal(entry).entry)).toEqual([consumer('second-secret')])
    for (const name of await readdir(file('backup'), { recursive: true, withFileTypes: true })) {
      if (!name.isFile() || !name.parentPath.includes('resources')) continue
      expect((await readFile(join(name.parentPath, name.name))).includes('second-secret')).toBe(false)
    }
    expect(exporter?.output()).not.toContain('second-secret')
  })

  it('tells on its status port how the backup is doing, and is not ready while it fails', async () => {
    await start()
    const metric = async (line: RegExp) => line.test(await (await fetch(`${statusUrl}/metrics`)).text())
    expect(await metric(/^outlast_exporter_published_total\{gateway_group="default"\} 1$/m)).toBe(true)
    expect(await metric(/^outlast_exporter_snapshot_sequence\{gateway_group="default",domain="resources"\} 1$/m)).toBe(
      true,
    )
    const detail: unknown = await (await fetch(`${statusUrl}/status/detail`)).json()
    expect(detail).toMatchObject({
      group: 'default',
      running: true,
      failures: 0,
      domains: { resources: { sequence: 1 } },
    })

    await etcd.kill()
    await eventually(
      'it says that it is not ready',
      async () => (await fetch(`${statusUrl}/status/ready`)).status === 503,
    )
    expect((await fetch(`${statusUrl}/status`)).status).toBe(200)
    etcd = await startEtcd({ dataDir: file('etcd'), clientPort: etcd.clientPort })
    await eventually('it is ready again', async () => (await fetch(`${statusUrl}/status/ready`)).ok)
    await write({ type: 'replace', entry: consumer('third-secret') })
    await eventually('the change is exported', async () => (await newest())?.sequence === 2)
  })

  it('says everywhere why it holds when its etcd was wiped and filled again, and publishes once what is accepted', async () => {
    await start()
    await etcd.kill()
    await rm(file('etcd'), { recursive: true })
    etcd = await startEtcd({ dataDir: file('etcd'), clientPort: etcd.clientPort })
    await write({ type: 'create', entry: consumer('another-secret') })

    const detail = async () => JSON.stringify(await (await fetch(`${statusUrl}/status/detail`)).json())
    await eventually('the status says so', async () => (await detail()).includes('"cause":"lineage"'))
    const metrics = await (await fetch(`${statusUrl}/metrics`)).text()
    expect(metrics).toMatch(/^outlast_exporter_held\{gateway_group="default",domain="resources"\} 1$/m)
    expect(metrics).toMatch(
      /^outlast_exporter_hold_info\{gateway_group="default",domain="resources",cause="lineage"\} 1$/m,
    )
    const reason = /source identity changed|went back|started anew/
    await eventually('the head says so', async () => reason.test((await backup().resources.latest())?.held ?? ''))
    expect((await newest())?.sequence).toBe(1)
    await eventually('the log says so', async () => reason.test(exporter?.output() ?? ''))
    const store = pathToFileURL(file('backup')).href
    const status = await runOutlast(['exporter', 'status', '--store', store])
    expect(status).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(reason) })

    const accept = async () => runOutlast(['exporter', 'accept', '--store', store, '--reason', 'INC-9', '--yes'])
    expect(await accept()).toMatchObject({ exitCode: 0 })
    await eventually('what was accepted is published', async () => (await newest())?.sequence === 2)
    expect((await newest())?.approvals).toMatchObject([{ action: 'accept', reason: 'INC-9' }])
    await eventually('nothing is held any more', async () => !(await detail()).includes('"cause"'))
    expect(await accept()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing is held') })
    for (const text of [metrics, status.stdout, exporter?.output()]) expect(text).not.toContain('another-secret')
  })

  it('ends on SIGTERM with exit code 0', async () => {
    await start()
    await exporter?.end('SIGTERM')
    expect(exporter?.exitCode()).toBe(0)
  })

  it('exports once for cron: published, unchanged, held, failed, each with its exit code', async () => {
    const once = async () => runOutlast(['export', '--once', '-c', file('config.yaml')])
    expect(await once()).toMatchObject({
      exitCode: 0,
      stdout: 'instance: published snapshot 1\nresources: published snapshot 1\n',
    })
    expect(await once()).toMatchObject({
      exitCode: 0,
      stdout: 'instance: unchanged since snapshot 1\nresources: unchanged since snapshot 1\n',
    })
    await write({ type: 'remove', entry: consumer('') })
    const held = await once()
    expect(held).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/^resources: held: .*empty/m) })
    expect((await newest())?.sequence).toBe(1)
    await etcd.kill()
    const failed = await once()
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
    const sentence = `\noutlast: ${file('config.yaml')}: deployment.etcd: http://127.0.0.1:`
    const checked = await runOutlast(['exporter', '--check', '-c', file('config.yaml')])
    expect(checked).toMatchObject({ exitCode: 1, stdout: '' })
    for (const { stderr } of [failed, checked]) expect(`\n${stderr}`).toContain(sentence)
    for (const { stderr } of [failed, checked]) expect(stderr).not.toContain('    at ')
  })

  it('publishes another keyring of its file under a position that data planes move to, though the etcd has not moved', async () => {
    const once = async () => runOutlast(['export', '--once', '-c', file('config.yaml')])
    await once()
    const before = await newest()
    const text = await readFile(file('config.yaml'), 'utf8')
    await writeFile(file('config.yaml'), text.replace('keyring: [', 'keyring: [fedcba9876543210fedcba9876543210, '))
    for (const status of ['published', 'unchanged']) expect((await once()).stdout).toContain(`resources: ${status}`)
    const after = await newest()
    expect(after?.position.revision).toBe(before?.position.revision)
    expect(after?.position.epoch).toBeGreaterThan(before?.position.epoch ?? Infinity)
  })

  it('takes an export without --once for a mistake, and says what to run', async () => {
    const { exitCode, stderr } = await runOutlast(['export', '-c', file('config.yaml')])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'outlast: give --once, or run "outlast exporter" to go on exporting\n',
    })
    expect(await runOutlast(['exporter', 'statsu'])).toMatchObject({
      exitCode: 1,
      stderr: 'outlast: exporter statsu: no such command; see "outlast exporter --help"\n',
    })
  })
})

function never(): never {
  throw new Error('there is no snapshot')
}
