import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fieldCipher, snapshotStore, type Entry } from '@outlast/snapshot'
import { keyringOf, sensitiveFields } from '@outlast/snapshot/apisix'
import { etcdSource } from '@outlast/source-etcd'
import { fsStorage } from '@outlast/storage-fs'
import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { readCredentialsFile } from '../../../src/control-plane/credentials-file.ts'
import { eventually } from '../../../src/demo/eventually.ts'
import { createInstallation, type Installation } from '../../../src/demo/installation.ts'
import { runOutlast } from '../run-outlast.ts'
import { everyKind, sorted } from './sample-entries.ts'

const snapshot = async (commandLine: string, environment: Readonly<Record<string, string>>) =>
  runOutlast(['snapshot', ...commandLine.split(' ')], environment)

// Each test goes on where the one before ended.
describe('a control plane that is lost with its disk', () => {
  let installation: Installation
  let environment: { readonly OUTLAST_STORE: string }
  let before: unknown

  const data = () => join(installation.folder, 'cp')
  const get = async (path: string): Promise<{ readonly list: readonly { readonly value: object }[] }> => {
    const { adminKey } = await readCredentialsFile(join(data(), 'credentials.json'))
    const response = await fetch(`${installation.adminUrl}${path}`, { headers: { 'x-api-key': adminKey } })
    expect(response.ok).toBe(true)
    return JSON.parse(await response.text())
  }
  const configuration = async () =>
    Promise.all(
      ['routes', 'services', 'upstreams'].map(async (kind) =>
        (await get(`/apisix/admin/${kind}`)).list.map(({ value }) => value),
      ),
    )
  const newest = async () => {
    const storage = fsStorage({ path: join(installation.folder, 'backup') })
    return snapshotStore({ group: 'default', resources: storage, instance: storage }).resources.latest()
  }
  const lose = async () => {
    await installation.controlPlane().end('SIGKILL')
    await rm(data(), { recursive: true })
  }

  beforeAll(async () => {
    installation = await createInstallation()
    const backup = join(installation.folder, 'backup')
    environment = { OUTLAST_STORE: pathToFileURL(backup).href }
    await writeFile(
      join(installation.folder, 'conf.yaml'),
      `fallback_cp:\n  cron_spec: '@every 1s'\n  filesystem: { path: '${backup}' }\n`,
    )
    await installation.startControlPlane()
    await installation.admin.put('upstreams/u', { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } })
    await installation.admin.put('services/a', { upstream_id: 'u' })
    await installation.admin.put('routes/1', { uri: '/ip', service_id: 'a' })
    before = await configuration()
    await eventually('the backup has everything', async () => (await newest())?.manifest.counts['routes'] === 1)
  })
  afterAll(async () => {
    await installation?.remove()
  })

  it('is not restored while it runs', async () => {
    const result = await snapshot(`restore latest --to ${pathToFileURL(data()).href}`, environment)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
    expect(result.stderr).toContain('is in use by another process: stop the control plane first')
  })

  it('serves exactly what it served after a restoration of its folder, and goes on with its backup', async () => {
    await lose()
    const restored = await snapshot(`restore latest --domain all --to ${pathToFileURL(data()).href}`, environment)
    expect(restored).toMatchObject({
      exitCode: 0,
      // The keyring is one of them: it comes from the instance half.
      stdout: 'restored 4 entries (4 added, 0 changed, 0 deleted), verified\n',
    })
    const then = await newest()
    await installation.startControlPlane()
    expect(await configuration()).toEqual(before)
    const epochThen = then?.manifest.position.epoch ?? Number.POSITIVE_INFINITY
    await eventually('the backup takes the new database for what it is', async () => {
      const latest = await newest()
      return latest !== undefined && latest.manifest.position.epoch > epochThen
    })
    await installation.admin.put('routes/2', { uri: '/two', service_id: 'a' })
    await eventually('the backup goes on', async () => (await newest())?.manifest.counts['routes'] === 2)
  })

  it('serves it after a restoration through its Admin API', async () => {
    await installation.controlPlane().end('SIGTERM')
    await rm(data(), { recursive: true })
    await writeFile(join(installation.folder, 'conf.yaml'), '')
    await installation.startControlPlane()
    const { adminKey } = await readCredentialsFile(join(data(), 'credentials.json'))
    const withKey = { ...environment, OUTLAST_ADMIN_KEY: adminKey }
    const planned = await snapshot(`restore latest --dry-run --to ${installation.adminUrl}`, withKey)
    expect(planned).toMatchObject({ exitCode: 0, stdout: '+ routes/1\n+ routes/2\n+ services/a\n+ upstreams/u\n' })
    expect((await get('/apisix/admin/routes')).list).toEqual([])

    const restored = await snapshot(`restore latest --json --to ${installation.adminUrl}`, withKey)
    expect(restored).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(restored.stdout)).toMatchObject({
      counts: { added: 4 },
      refused: [],
      different: [],
      verified: true,
    })
    expect(await get('/apisix/admin/routes')).toMatchObject({
      list: [{ value: { id: '1', uri: '/ip', service_id: 'a' } }, { value: { id: '2' } }],
    })
  })
})

describeWithServer('etcd', 'an etcd that is lost, with fields of its backup encrypted', () => {
  let folder: string
  let etcd: Etcd
  let environment: Readonly<Record<string, string>>
  const keyring: Entry = { kind: 'keyring', id: 'all', value: { keyring: ['0123456789abcdef'] } }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-restore-'))
    const resources = fsStorage({ path: join(folder, 'resources') })
    const instance = fsStorage({ path: join(folder, 'instance') })
    const store = snapshotStore({ group: 'default', resources, instance })
    const cipher = fieldCipher({ group: 'default', keyring: keyringOf([keyring]), sensitive: sensitiveFields })
    const position = { epoch: 1, revision: 1 }
    const source = { identity: 'etcd' }
    await (await store.instance.begin()).publish({ entries: [keyring], position, source })
    const entries = everyKind().map((entry) => cipher.protect(entry))
    await (await store.resources.begin()).publish({ entries, position, source })
    environment = {
      OUTLAST_STORE: pathToFileURL(join(folder, 'resources')).href,
      OUTLAST_INSTANCE_STORE: pathToFileURL(join(folder, 'instance')).href,
    }
  })
  beforeEach(async () => {
    etcd = await startEtcd()
  })
  afterEach(async () => {
    await etcd.stop()
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  const target = () => `etcd://127.0.0.1:${etcd.clientPort}/apisix`

  it('gets back what it had, in clear, with its own user and password', async () => {
    const post = async (path: string, body: object) => {
      const response = await fetch(`${etcd.endpoint}/v3/auth/${path}`, { method: 'POST', body: JSON.stringify(body) })
      expect(response.ok).toBe(true)
    }
    await post('user/add', { name: 'root', password: 'target-password' })
    await post('user/grant', { user: 'root', role: 'root' })
    await post('enable', {})
    expect((await snapshot('show latest --kind consumers', environment)).stdout).not.toContain('jacks-key')
    const refused = await snapshot(`restore latest --to ${target()}`, environment)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })

    const login = { OUTLAST_TARGET_USER: 'root', OUTLAST_TARGET_PASSWORD: 'target-password' }
    const restored = await snapshot(`restore latest --to ${target()}`, { ...environment, ...login })
    expect(restored).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^restored 13 entries .*, verified\n$/),
    })
    const source = etcdSource({ endpoints: [etcd.endpoint], user: 'root', password: 'target-password' })
    expect(sorted((await source.load()).resources)).toEqual(sorted(everyKind()))
  })

  it('is left alone when the keys are missing: they are named, with exit code 2', async () => {
    const withoutKeys = { ...environment, OUTLAST_INSTANCE_STORE: pathToFileURL(folder).href }
    const failed = await snapshot(`restore latest --to ${target()}`, withoutKeys)
    expect(failed).toMatchObject({ exitCode: 2, stdout: '' })
    expect(failed.stderr).toMatch(/encrypted with keys that the newest instance snapshot does not hold: [0-9a-f]{16};/)
    expect((await etcdSource({ endpoints: [etcd.endpoint] }).load()).resources).toEqual([])
  })

  it('gets the keys of the newest instance snapshot that can be read, when a newer one is damaged', async () => {
    const damaged = join(folder, 'damaged-instance')
    await cp(join(folder, 'instance'), damaged, { recursive: true })
    const storage = fsStorage({ path: damaged })
    const { instance } = snapshotStore({ group: 'default', resources: storage, instance: storage })
    const later: Entry = { kind: 'keyring', id: 'all', value: { keyring: ['fedcba9876543210', '0123456789abcdef'] } }
    const publication = await instance.begin()
    const draft = { entries: [later], position: { epoch: 1, revision: 2 }, source: { identity: 'etcd' } }
    const published = await publication.publish(draft)
    const part = published.status === 'published' ? published.manifest.parts[0]?.key : undefined
    await rm(join(damaged, 'groups/default/instance', String(part)))

    const elsewhere = { ...environment, OUTLAST_INSTANCE_STORE: pathToFileURL(damaged).href }
    const restored = await snapshot(`restore latest --domain all --to ${target()}`, elsewhere)
    expect(restored).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^restored 14 entries .*, verified\n$/),
    })
    expect(restored.stderr).toContain('passed over instance snapshot 2: ')
    expect((await etcdSource({ endpoints: [etcd.endpoint] }).load()).instance).toEqual([keyring])
  })

  it('says before it writes that a target with something else is refused without a mode', async () => {
    const body = JSON.stringify({ key: btoa('/apisix/routes/own'), value: btoa('{"uri":"/own"}') })
    await fetch(`${etcd.endpoint}/v3/kv/put`, { method: 'POST', body })
    const command = `restore latest --dry-run --to ${target()}`
    const sentence = 'refused without --merge or --replace'
    expect(await snapshot(command, environment)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(sentence),
    })
    expect((await snapshot(`${command} --merge`, environment)).stderr).not.toContain(sentence)
  })

  it('is not taken for restored when what answers is no Admin API', async () => {
    const withKey = { ...environment, OUTLAST_ADMIN_KEY: 'any' }
    const failed = await snapshot(`restore latest --to ${etcd.endpoint}`, withKey)
    expect(failed).toMatchObject({
      exitCode: 2,
      stdout: 'restored 0 entries (0 added, 0 changed, 0 deleted), 13 not restored, NOT verified\n',
    })
  })

  it('shows what would change without a secret in it, and changes nothing', async () => {
    const planned = await snapshot(`restore latest --dry-run --json --to ${target()}`, environment)
    expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, removed: [], changed: [], kept: 0 })
    for (const secret of ['jacks-key', 'vault-token', 'the private key']) expect(planned.stdout).not.toContain(secret)
    expect((await etcdSource({ endpoints: [etcd.endpoint] }).load()).resources).toEqual([])
  })

  it('says what is in its way: no such snapshot, no such server, one mode too many', async () => {
    for (const [commandLine, sentence] of [
      [`restore 7 --to ${target()}`, 'has no snapshot 7'],
      ['restore latest --to etcd://127.0.0.1:1/apisix', '--to: http://127.0.0.1:1: connect ECONNREFUSED'],
      [`restore latest --to ${target()} --merge --replace`, "'--merge' cannot be used with option '--replace'"],
    ] as const) {
      const result = await snapshot(commandLine, environment)
      expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(sentence) })
    }
  })
})
