import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ed25519Signer,
  fieldCipher,
  localSealingKey,
  snapshotStore,
  type Entry,
  type SnapshotStore,
} from '@outlast/snapshot'
import { keyringOf, sensitiveFields } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOutlast } from './run-outlast.ts'
import { sampleEntries, secrets } from './sample-store.ts'

const keyring: Entry = { kind: 'keyring', id: 'all', value: { keyring: ['0123456789abcdef'] } }

// A store as it should be: signed, the instance half sealed, sensitive fields encrypted. Each test goes on where the one
// before ended, as a person at the keyboard would.
describe('stepping in while the control plane is away', () => {
  let folder: string
  let environment: Readonly<Record<string, string>>

  const path = (name: string) => join(folder, name)
  const snapshot = async (commandLine: string, more: Readonly<Record<string, string>> = {}) =>
    runOutlast(['snapshot', ...commandLine.split(' ')], { ...environment, ...more })
  const readJson = async (commandLine: string) => JSON.parse((await snapshot(`${commandLine} --json`)).stdout)
  const open = async (): Promise<SnapshotStore> => {
    const storage = fsStorage({ path: path('store') })
    return snapshotStore({
      group: 'default',
      resources: storage,
      instance: storage,
      signer: ed25519Signer(await readFile(path('exporter'), 'utf8')),
      sealing: { keys: [localSealingKey(await readFile(path('sealing'), 'utf8'))] },
    })
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-operator-'))
    environment = { OUTLAST_STORE: pathToFileURL(path('store')).href }
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('keygen makes keys that only their owner can read, public ones for everybody, and overwrites none', async () => {
    for (const [purpose, name] of [
      ['signing', 'exporter'],
      ['signing', 'operator'],
      ['sealing', 'sealing'],
    ] as const) {
      const made = await snapshot(`keygen ${purpose} -o ${path(name)}`)
      expect(made).toMatchObject({ exitCode: 0, stderr: '' })
      expect(made.stdout).toMatch(purpose === 'signing' ? /^ed25519:\w{32}\n-----BEGIN PUBLIC/ : /^local:\w{32}\n$/)
      expect((await stat(path(name))).mode & 0o777).toBe(0o600)
    }
    expect((await stat(path('exporter.pub'))).mode & 0o777).toBe(0o644)
    expect((await snapshot(`keygen signing -o ${path('operator')}`)).stderr).toContain(
      'operator: is there already, and is not overwritten',
    )
    await writeFile(path('half.pub'), '')
    expect((await snapshot(`keygen signing -o ${path('half')}`)).exitCode).toBe(1)
    expect((await readdir(folder)).sort()).toEqual([
      'exporter',
      'exporter.pub',
      'half.pub',
      'operator',
      'operator.pub',
      'sealing',
    ])
    const trusted = `${path('exporter.pub')}:${path('operator.pub')}`
    environment = { ...environment, OUTLAST_TRUSTED_KEYS: trusted, OUTLAST_SEALING_KEY: path('sealing') }
  })

  it('ls and show tell who signed, what is sealed, and which keys are needed', async () => {
    const store = await open()
    const cipher = fieldCipher({ group: 'default', keyring: keyringOf([keyring]), sensitive: sensitiveFields })
    const instance = await store.instance.begin()
    await instance.publish({ entries: [keyring], position: { epoch: 1, revision: 1 }, source: { identity: 'cp' } })
    for (const revision of [1, 2] as const) {
      const publication = await store.resources.begin()
      const entries = sampleEntries(revision).map((entry) => cipher.protect(entry))
      await publication.publish({ entries, position: { epoch: 1, revision }, source: { identity: 'cp' } })
    }
    const { keyId } = ed25519Signer(await readFile(path('exporter'), 'utf8'))
    expect((await snapshot('ls')).stdout).toMatch(/\n2 .* signed +2 consumers/)
    expect((await snapshot('ls --domain instance')).stdout).toMatch(/\n1 .* signed,sealed +1 keyring/)
    const { snapshots } = await readJson('ls')
    expect(snapshots[0]).toMatchObject({ signedBy: [keyId], needs: { keys: [expect.stringMatching(/^\w{16}$/)] } })
    const shown = await snapshot('show latest --domain instance')
    expect(shown.stdout).toMatch(new RegExp(`signed by +${keyId}\nsealed with +local:`))
  })

  it('refuses what no trusted key has signed, and what is sealed without the key, with exit code 2', async () => {
    const untrusting = { OUTLAST_TRUSTED_KEYS: path('operator.pub') }
    expect(await snapshot('show 2', untrusting)).toMatchObject({ exitCode: 2, stdout: '' })
    const unsealed = await snapshot('show latest --domain instance --kind keyring', { OUTLAST_SEALING_KEY: '' })
    expect(unsealed).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('--sealing-key or') })
    const mistaken = await snapshot(`ls --trusted-key ${path('operator')}`)
    expect(mistaken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--trusted-key') })
  })

  it('show and export decrypt encrypted fields when they are told to reveal, and hide them otherwise', async () => {
    const credential = 'show 2 --kind consumers --id jack/credentials/key-1'
    expect((await snapshot(credential)).stdout).toContain('"key": "***"')
    expect((await snapshot(`${credential} --reveal`)).stdout).toContain('"key": "jacks-second-key"')
    expect((await snapshot('diff 1 2')).stdout).toContain('replace /plugins/key-auth/key "***"')
    expect((await snapshot('diff 1 2 --reveal')).stdout).toContain('replace /plugins/key-auth/key "jacks-second-key"')

    const yaml = path('apisix.yaml')
    const exported = await snapshot(`export latest --format apisix-yaml --reveal -o ${yaml}`)
    expect(exported).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning:') })
    const text = await readFile(yaml, 'utf8')
    expect(text).toContain('"jacks-second-key"')
    expect(text).not.toContain('$outlast$')
  })

  it('writes no file with encrypted values when the keys are missing: it names them, with exit code 2', async () => {
    const instance = { OUTLAST_INSTANCE_STORE: pathToFileURL(folder).href }
    const failed = await snapshot(`export latest --format json --reveal -o ${path('never.json')}`, instance)
    const { needs } = await readJson('show latest')
    expect(failed).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(needs.keys[0]) })
    await expect(stat(path('never.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('rollback publishes the old content again, says how it differs, and holds', async () => {
    const unsigned = await snapshot('rollback 1 --reason why --yes')
    expect(unsigned).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('give --signing-key') })
    environment = { ...environment, OUTLAST_SIGNING_KEY: path('operator') }
    const unasked = await snapshot('rollback 1 --reason why')
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/nothing done: .*--yes/) })
    expect(await readJson('ls')).toMatchObject({ total: 2 })

    const done = await snapshot('rollback 1 --reason INC-1 --actor anna --yes')
    expect(done).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^published snapshot 3 at epoch \d+, .*resume/),
    })
    expect(done.stderr).toContain('~ routes/1\n    replace /priority 1\n')
    // Right above the question, which ends a comparison that may be long.
    expect(done.stderr).toMatch(/\n1 added, 1 removed, 2 changed\n$/)
    for (const secret of secrets) expect(done.stderr).not.toContain(secret)
    expect(await readJson('diff 1 3')).toMatchObject({ added: [], removed: [], changed: [] })
    expect(await readJson('show latest')).toMatchObject({
      sequence: 3,
      hold: { action: 'rollback', actor: 'anna', reason: 'INC-1' },
      approvals: [{ action: 'rollback', actor: 'anna' }],
    })
    expect((await snapshot('ls')).stdout).toMatch(/\n3 .* signed,held /)
  })

  it('resume ends the hold, once', async () => {
    const done = await snapshot('resume --reason done --actor anna')
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^published snapshot 4 /) })
    expect(await readJson('show latest')).not.toHaveProperty('hold')
    expect(await snapshot('resume --reason again')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^unchanged: snapshot 4 /),
      stderr: expect.stringContaining('nothing is held'),
    })
  })

  it('publish takes a file that was exported and edited, encrypts its secrets again, and loses nothing', async () => {
    const yaml = path('apisix.yaml')
    await snapshot(`export latest --format apisix-yaml --reveal -o ${yaml}`)
    await writeFile(yaml, (await readFile(yaml, 'utf8')).replace('uri: "/ip"', 'uri: "/changed"'))
    const done = await snapshot(`publish ${yaml} --reason INC-2 --yes`)
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^published snapshot 5 .*resume/) })
    expect(done.stderr).toContain('kept from snapshot 4, for which the file has no place: 1 entries')
    expect(done.stderr).toContain('    replace /uri "/changed"\n')
    for (const secret of secrets) expect(done.stderr).not.toContain(secret)
    // Only the edited line has changed; ciphertexts are the same as before.
    expect(await readJson('diff 4 5')).toMatchObject({
      added: [],
      removed: [],
      changed: [{ kind: 'routes', id: '1', operations: [{ op: 'replace', path: '/uri', value: '/changed' }] }],
    })
    const stored = await (await open()).resources.load(5)
    expect(JSON.stringify(stored.entries)).not.toContain('jacks-first-key')
  })

  it('publish refuses what is masked, what is empty, and what APISIX would refuse, with the place of each mistake', async () => {
    await snapshot(`export latest --format json -o ${path('masked.json')}`)
    const masked = await snapshot(`publish ${path('masked.json')} --reason x --yes`)
    expect(masked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('its secrets are masked') })

    await writeFile(path('empty.yaml'), '#END\n')
    const empty = await snapshot(`publish ${path('empty.yaml')} --reason x --yes`)
    expect(empty).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/nothing done: .* no entries; --force/) })

    const yaml = path('wrong.yaml')
    await writeFile(yaml, 'routes:\n  - id: "1"\n    uri: "/a"\n    status: 7\n    upstream_id: "nowhere"\n#END\n')
    const wrong = await snapshot(`publish ${yaml} --reason x --yes`)
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/invalid: routes\/1 \/status: .*\n.*dangling: routes\/1 \/upstream_id: .*\n.*--force/)
    expect(await readJson('ls')).toMatchObject({ total: 5 })
    const forced = await snapshot(`publish ${yaml} --reason x --yes --force --json`)
    const { root } = await readJson('show latest')
    expect(JSON.parse(forced.stdout)).toMatchObject({
      status: 'published',
      sequence: 6,
      root,
      hold: { action: 'publish' },
    })
  })

  it('a newest snapshot with a lost part stands in the way of neither a rollback nor a publication', async () => {
    const copy = path('lost-part')
    await cp(path('store'), copy, { recursive: true })
    const elsewhere = { OUTLAST_STORE: pathToFileURL(copy).href }
    const { parts } = await readJson('show 6')
    await rm(join(copy, 'groups/default/resources', parts[0].key))
    expect(await snapshot('show latest --kind routes', elsewhere)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^outlast: [^\n]*does not have the part [^\n]*; "outlast snapshot verify" says [^\n]*\n$/,
      ),
    })

    const back = await snapshot('rollback 4 --reason INC-3 --yes', elsewhere)
    expect(back).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^published snapshot 7 /) })
    expect(back.stderr.match(/passed over snapshot 6: /g)).toHaveLength(1)
    expect(back.stderr).toContain('from snapshot 5 to 4:')
    expect(await snapshot('verify', elsewhere)).toMatchObject({ exitCode: 0 })

    await rm(join(copy, 'groups/default/resources/manifests/000000000007.json'))
    const forward = await snapshot(`publish ${path('apisix.yaml')} --reason INC-4 --yes`, elsewhere)
    expect(forward).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^published snapshot 7 /) })
    expect(forward.stderr).toContain('kept from snapshot 5, ')
  })

  it('publish needs --force when nothing that is there can be read, and never loses the keyring for damage', async () => {
    const copy = path('lost-parts')
    await cp(path('store'), copy, { recursive: true })
    const elsewhere = { OUTLAST_STORE: pathToFileURL(copy).href }
    await rm(join(copy, 'groups/default/resources/parts'), { recursive: true })
    const refused = await snapshot(`publish ${path('apisix.yaml')} --reason INC-5 --yes`, elsewhere)
    expect(refused).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/nothing done: .*--force/) })
    const forced = await snapshot(`publish ${path('apisix.yaml')} --reason INC-5 --yes --force`, elsewhere)
    expect(forced).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^published snapshot 7 /) })
    expect(await snapshot('verify', elsewhere)).toMatchObject({ exitCode: 0 })

    await rm(join(copy, 'groups/default/instance/parts'), { recursive: true })
    const inClear = await snapshot(`publish ${path('apisix.yaml')} --reason INC-6 --yes --force`, elsewhere)
    expect(inClear).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('keyring') })
  })

  it('publish warns of secrets that it would store in clear, for want of a keyring', async () => {
    const copy = path('no-keyring')
    await cp(path('store'), copy, { recursive: true })
    await rm(join(copy, 'groups/default/instance'), { recursive: true })
    const yaml = path('secret.yaml')
    await writeFile(yaml, 'consumers:\n  - username: jack\n    plugins: { key-auth: { key: "in-clear" } }\n#END\n')
    const sentence = 'secrets of 1 entries are stored in clear'
    const warned = await snapshot(`publish ${yaml} --reason x`, { OUTLAST_STORE: pathToFileURL(copy).href })
    expect(warned).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(sentence) })
    expect(warned.stderr).not.toContain('in-clear')
    expect((await snapshot(`publish ${yaml} --reason x`)).stderr).not.toContain(sentence)
  })

  it('everything in the store still verifies', async () => {
    expect(await snapshot('verify --all')).toMatchObject({ exitCode: 0 })
    expect(await snapshot('verify --all --domain instance')).toMatchObject({ exitCode: 0 })
  })
})
