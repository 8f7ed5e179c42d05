import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createExporter } from '@outlast/exporter'
import {
  ed25519Signer,
  ed25519TrustedKey,
  generateSigningKey,
  memorySource,
  snapshotStore,
  type MemorySource,
  type SnapshotStore,
} from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runOutlast } from '../snapshot/run-outlast.ts'

const route = (id: string) => ({ kind: 'routes', id, value: { uri: `/${id}`, secret: 'top-secret' } })
const keyring = { kind: 'keyring', id: 'all', value: { keyring: ['0123456789abcdef'] } }
const [exporterKey, operatorKey] = [generateSigningKey(), generateSigningKey()]
const trustedKeys = [exporterKey, operatorKey].map(({ publicKey }) => ed25519TrustedKey(publicKey))

// With the store alone, as an operator has it: the exporter is elsewhere.
describe('outlast exporter', () => {
  let folder: string
  let source: MemorySource
  let environment: Record<string, string>

  const outlast = async (...commandLine: string[]) => runOutlast(['exporter', ...commandLine], environment)
  const open = (now: () => number = Date.now): SnapshotStore => {
    const storage = fsStorage({ path: join(folder, 'store') })
    const signer = ed25519Signer(exporterKey.privateKey)
    const clock = { now, sleep: async () => {} }
    return snapshotStore({ group: 'default', resources: storage, instance: storage, signer, trustedKeys, clock })
  }
  /** One look of the exporter. */
  const look = async (now: () => number = Date.now): Promise<string> => {
    const exporter = createExporter({
      store: open(now),
      source,
      schedule: '@hourly',
      clock: { now, sleep: async () => {} },
    })
    return (await exporter.exportOnce()).resources.status
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-exporter-'))
    await writeFile(join(folder, 'operator'), operatorKey.privateKey, { mode: 0o600 })
    environment = {
      OUTLAST_STORE: pathToFileURL(join(folder, 'store')).href,
      OUTLAST_SIGNING_KEY: join(folder, 'operator'),
    }
    source = memorySource({ identity: 'one', resources: [route('a'), route('b')], instance: [keyring] })
    await look()
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('status says that nothing is held; there is nothing to accept, and nothing to resume', async () => {
    const status = await outlast('status')
    expect(status).toMatchObject({ exitCode: 0, stderr: '' })
    expect(status.stdout).toMatch(
      /^instance: snapshot 1, looked at \d+ s ago, last equal to its source \d+ s ago\nresources: snapshot 1, looked at /,
    )
    expect(await outlast('accept', '--reason', 'why', '--yes')).toMatchObject({
      exitCode: 2,
      stderr: 'outlast: nothing is held\n',
    })
    expect((await outlast('resume', '--reason', 'why')).stderr).toContain('nothing is held')
    const elsewhere = await outlast('status', '--group', 'other')
    expect(elsewhere).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no snapshots') })
  })

  it('takes snapshots that nobody who is trusted has signed neither for nothing nor for held', async () => {
    await writeFile(join(folder, 'stranger.pub'), generateSigningKey().publicKey)
    environment = { ...environment, OUTLAST_TRUSTED_KEYS: join(folder, 'stranger.pub'), OUTLAST_SIGNING_KEY: '' }
    for (const command of [['status'], ['accept', '--reason', 'why', '--yes']]) {
      const { exitCode, stdout, stderr } = await outlast(...command)
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
      expect(stderr).toContain('is signed, but by no key that is trusted here')
    }
  })

  it('says where to look for an instance half that is kept elsewhere', async () => {
    const apart = fsStorage({ path: join(folder, 'apart') })
    const resources = fsStorage({ path: join(folder, 'store') })
    const store = snapshotStore({ group: 'two-buckets', resources, instance: apart })
    const exportOnce = async () => createExporter({ store, source, schedule: '@hourly' }).exportOnce()
    await exportOnce()
    source.replace({ identity: 'one', resources: [route('a'), route('b')], instance: [] })
    expect((await exportOnce()).instance.status).toBe('held')

    const status = await outlast('status', '--group', 'two-buckets')
    expect(status.stdout).toContain('instance: no snapshot here; see --instance-store')
    expect(status.stdout).toContain('  held: the instance configuration is held\n')
    const accept = ['accept', '--group', 'two-buckets', '--reason', 'why', '--yes']
    expect(await outlast(...accept)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there is no instance snapshot here; see --instance-store'),
    })
    const instanceStore = pathToFileURL(join(folder, 'apart')).href
    expect(await outlast(...accept, '--instance-store', instanceStore)).toMatchObject({ exitCode: 0 })
    expect((await exportOnce()).instance.status).toBe('published')
  })

  it('status says what is held, accept lets exactly that happen, and the exporter follows', async () => {
    source.replace({ identity: 'two', revision: 9, resources: [route('b'), route('c')], instance: [keyring] })
    expect(await look()).toBe('held')
    const { candidate } = (await open().resources.latest()) ?? {}
    const reason = 'source identity changed from one to two, with different content'

    const status = await outlast('status')
    expect(status.exitCode).toBe(2)
    expect(status.stdout).toContain('  held: the resources configuration is held\n')
    expect(status.stdout).toContain(`  held: ${reason}\n  it would remove 1 route; would add 1 route\n`)
    expect(status.stdout).toContain(candidate?.root)
    const json = await outlast('status', '--json')
    expect(json.exitCode).toBe(2)
    expect(JSON.parse(json.stdout)).toMatchObject({
      group: 'default',
      domains: { resources: { sequence: 1, held: reason, candidate, accepted: [] }, instance: { sequence: 1 } },
    })

    // Nobody at a terminal, and nobody said that it need not be asked.
    expect(await outlast('accept', '--reason', 'why')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there is no terminal to ask at'),
    })
    expect(
      await outlast('accept', '--reason', 'why', '--yes', '--candidate', `sha256:${'0'.repeat(64)}`),
    ).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('the exporter does not hold this'),
    })
    expect(await look()).toBe('held')

    const flags = ['--actor', 'ada', '--reason', 'INC-7', '--yes', '--candidate', candidate?.root ?? '']
    const accepted = await outlast('accept', ...flags)
    expect(accepted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^resources: accepted; the exporter /),
    })
    expect(accepted.stderr).toContain('it would remove 1 route; would add 1 route')
    expect(accepted.stderr).not.toContain('instance')
    expect((await outlast('accept', ...flags)).stdout).toContain('this was accepted before, by ada')
    expect((await outlast('status')).stdout).toMatch(/this was accepted by ada \(INC-7\) \d+ s ago/)
    for (const { stdout, stderr } of [status, json, accepted]) expect(stdout + stderr).not.toContain('top-secret')

    expect(await look()).toBe('published')
    expect((await open().resources.latest())?.manifest.approvals).toMatchObject([{ actor: 'ada', reason: 'INC-7' }])
    expect((await outlast('status')).exitCode).toBe(0)
    expect(await outlast('accept', ...flags)).toMatchObject({ exitCode: 2 })
  })

  it('accepts what each domain has a reason of its own for, at once', async () => {
    const instance = [{ ...keyring, value: { keyring: ['fedcba9876543210'] } }]
    source.replace({ identity: 'two', revision: 9, resources: [route('c')], instance })
    await look()
    const { stdout } = await outlast('accept', '--actor', 'ada', '--reason', 'INC-7', '--yes', '--json')
    expect(JSON.parse(stdout)).toMatchObject([
      { domain: 'instance', status: 'recorded', actor: 'ada', identity: 'two' },
      { domain: 'resources', status: 'recorded', actor: 'ada', identity: 'two' },
    ])
    expect(await look()).toBe('published')
  })

  it('accepts nothing when nobody has looked for long, or without the key that the exporter would believe', async () => {
    const hours = (count: number) => () => Date.now() - count * 3_600_000
    source.replace({})
    await look(hours(2))
    const flags = ['--actor', 'ada', '--reason', 'INC-7', '--yes']
    expect(await outlast('accept', ...flags)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/: the exporter last looked 2 h ago, so nobody knows/),
    })
    flags.push('--heartbeat-minutes', '180')
    const { OUTLAST_SIGNING_KEY: key = '', ...withoutKey } = environment
    environment = withoutKey
    expect(await outlast('accept', ...flags)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('snapshot 1 is signed'),
    })
    expect((await open().resources.approvals()).length).toBe(0)
    environment = { ...withoutKey, OUTLAST_SIGNING_KEY: key }
    expect(await outlast('accept', ...flags)).toMatchObject({ exitCode: 0 })
    expect(await look()).toBe('published')
  })

  it('resume ends what a person holds, which accept does not', async () => {
    const by = ['--actor', 'ada', '--reason', 'INC-7']
    source.put('resources', route('c'))
    await look()
    await runOutlast(['snapshot', 'rollback', '1', ...by, '--yes'], environment)
    expect(await look()).toBe('held')
    expect((await outlast('status')).stdout).toContain('ada holds a rollback (INC-7)')
    expect(await outlast('accept', ...by, '--yes')).toMatchObject({
      exitCode: 2,
      stderr: 'outlast: a person holds what is there; "outlast exporter resume" ends it\n',
    })
    expect(await outlast('resume', ...by)).toMatchObject({ exitCode: 0 })
    expect(await look()).toBe('published')
  })
})
