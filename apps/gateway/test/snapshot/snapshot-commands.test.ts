import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import { startRadosgw, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runOutlast } from './run-outlast.ts'
import { publishSamples, sampleEntries, secrets } from './sample-store.ts'

let folder: string
let store: string
let firstPart: string
let secondPart: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-snapshot-'))
  store = join(folder, 'store')
  const { manifests } = await publishSamples(fsStorage({ path: store }))
  const [first = '', second = ''] = manifests.map(({ parts }) => join('groups/default/resources', parts[0]?.key ?? ''))
  firstPart = first
  secondPart = second
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const onlyTheNewest = '--newest 1 --minutely-hours 0 --hourly-days 0'

const snapshot = async (commandLine: string, path = store) =>
  runOutlast(['snapshot', ...commandLine.split(' ')], { OUTLAST_STORE: pathToFileURL(path).href })

/** A copy of the store to break. */
async function copyOfStore(name: string): Promise<string> {
  const path = join(folder, name)
  await cp(store, path, { recursive: true })
  return path
}

function expectNoSecrets(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret)
}

describe('outlast snapshot, with a folder and nothing else', () => {
  it('ls lists the history, newest first', async () => {
    const people = await snapshot('ls')
    expect(people.exitCode).toBe(0)
    expect(people.stdout).toMatch(/^SEQUENCE .*\n2 .* 2 h .* 1:2 .*2 routes.*\n1 .* 1:1 /)

    const machines = await snapshot('ls --json --limit 1')
    expect(JSON.parse(machines.stdout)).toMatchObject({
      total: 2,
      matchedRevision: 2,
      snapshots: [
        {
          sequence: 2,
          position: { epoch: 1, revision: 2 },
          entries: 8,
          counts: { routes: 2, 'x-unknown': 1 },
          root: expect.stringMatching(/^sha256:/),
          manifest: expect.stringMatching(/^sha256:/),
        },
      ],
    })
  })

  it('show gives the manifest, or entries with masked secrets', async () => {
    const manifest = await snapshot('show latest --json')
    expect(JSON.parse(manifest.stdout)).toMatchObject({ sequence: 2, format: 1, source: { identity: 'cp' } })

    const masked = await snapshot('show 1 --kind consumers')
    expect(masked.exitCode).toBe(0)
    expect(masked.stdout).toContain('consumers/jack/credentials/key-1\n')
    expect(masked.stdout).toContain('"key": "***"')
    expectNoSecrets(masked.stdout + masked.stderr)

    const clear = await snapshot('show 1 --kind consumers --id jack/credentials/key-1 --reveal --json')
    expect(JSON.parse(clear.stdout)).toEqual({
      sequence: 1,
      entries: sampleEntries(1).filter(({ id }) => id === 'jack/credentials/key-1'),
    })
  })

  it('diff says what is different without a secret in it, and ends with exit code 2', async () => {
    const people = await snapshot('diff 1 latest')
    expect(people.exitCode).toBe(2)
    expect(people.stdout.split('\n')).toEqual([
      '- routes/old',
      '+ routes/new',
      '~ consumers/jack/credentials/key-1',
      '    replace /plugins/key-auth/key "***"',
      '~ routes/1',
      '    replace /priority 2',
      '',
    ])
    // Of what is shown: added and removed entries are only named.
    expect(people.stderr).toContain('masked values that look secret: 1; --reveal shows them')
    const machines = await snapshot('diff 1 2 --json')
    expect(JSON.parse(machines.stdout)).toMatchObject({
      before: 1,
      after: 2,
      added: [{ kind: 'routes', id: 'new' }],
      removed: [{ kind: 'routes', id: 'old' }],
      changed: [{ id: 'jack/credentials/key-1' }, { operations: [{ op: 'replace', path: '/priority', value: 2 }] }],
    })
    expectNoSecrets(people.stdout + people.stderr + machines.stdout + machines.stderr)
  })

  it('diff of a snapshot with itself says nothing and ends with exit code 0', async () => {
    expect(await snapshot('diff 2 latest')).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('verify reads everything and tells what is damaged, gone, or no manifest, with exit code 2', async () => {
    expect(await snapshot('verify --all')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^2 ok: .*\n1 ok: .*\n$/),
    })
    const broken = await copyOfStore('broken')
    await writeFile(join(broken, firstPart), 'torn')
    await rm(join(broken, secondPart))
    const all = await snapshot('verify --all --json', broken)
    expect(all.exitCode).toBe(2)
    expect(JSON.parse(all.stdout)).toMatchObject({
      verified: 2,
      damaged: 2,
      snapshots: [
        { sequence: 2, problems: [{ code: 'not-yet' }] },
        { sequence: 1, problems: [{ code: 'damaged' }] },
      ],
    })
    expect(await snapshot('show 1 --kind routes', broken)).toMatchObject({ exitCode: 2, stdout: '' })
  })

  it('verify does not take an older snapshot for the latest when that one is damaged', async () => {
    const broken = await copyOfStore('broken-manifest')
    await writeFile(join(broken, 'groups/default/resources/manifests/000000000002.json'), '{}')
    const latest = await snapshot('verify', broken)
    expect(latest).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/^2 damaged: .*\n1 ok: .*\n$/) })
    const list = await snapshot('ls', broken)
    expect(list).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\n2 .*damaged: .*\n1 /) })
    // Still good for looking at, but it says what it does.
    const shown = await snapshot('show latest --json', broken)
    expect(JSON.parse(shown.stdout)).toMatchObject({ sequence: 1 })
    expect(shown.stderr).toContain('passed over snapshot 2: ')
    expect((await snapshot('diff latest latest', broken)).stderr.match(/passed over snapshot 2: /g)).toHaveLength(1)
  })

  it('export writes a file for a stock APISIX, which only its owner can read', async () => {
    const output = join(folder, 'apisix.yaml')
    await writeFile(output, 'older', { mode: 0o644 })
    const result = await snapshot(`export latest --format apisix-yaml --reveal -o ${output}`)
    expect(result).toMatchObject({ exitCode: 0, stdout: '' })
    expect(result.stderr).toContain(`warning: ${output} holds values that look secret, in clear: 3`)
    expect(result.stderr).toContain('left out, because APISIX has no place for it: 1 x-unknown')
    expect((await stat(output)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).filter((name) => name.includes('apisix.yaml'))).toEqual(['apisix.yaml'])
    const text = await readFile(output, 'utf8')
    expect(text.endsWith('\n#END\n')).toBe(true)
    expect(parse(text, { version: '1.1' })).toEqual(apisixLists)
  })

  it('export masks secrets with what nobody can guess, unless it is told to reveal them', async () => {
    const masked = await snapshot('export latest --format apisix-json')
    expectNoSecrets(masked.stdout + masked.stderr)
    const { consumers } = JSON.parse(masked.stdout)
    expect(consumers[1].plugins['key-auth'].key).toMatch(/^masked-[\w-]{24}$/)
    const clear = await snapshot('export latest --format apisix-json --reveal')
    expect(JSON.parse(clear.stdout)).toEqual(apisixLists)
  })

  it('keygen --json tells what everybody may know of a key, and nothing else', async () => {
    const keyId = expect.stringMatching(/^(ed25519|local):[0-9a-f]{32}$/)
    const signing = await snapshot(`keygen signing --json -o ${join(folder, 'signing.key')}`)
    expect(JSON.parse(signing.stdout)).toEqual({ keyId, publicKey: expect.stringContaining('PUBLIC KEY') })
    const sealing = await snapshot(`keygen sealing --json -o ${join(folder, 'sealing.key')}`)
    expect(JSON.parse(sealing.stdout)).toEqual({ keyId })
  })

  it('export leaves alone what is no file', async () => {
    await mkdir(join(folder, 'taken'))
    expect(await snapshot(`export latest --format json -o ${join(folder, 'taken')}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('taken: is there, and is no file'),
    })
  })

  it('export --json prints one JSON document, whatever the format of the file', async () => {
    const output = join(folder, 'described.yaml')
    const described = await snapshot(`export latest --format apisix-yaml --json -o ${output}`)
    expect(JSON.parse(described.stdout)).toEqual({ sequence: 2, format: 'apisix-yaml', file: output, masked: 3 })
    expect(await snapshot('export latest --format apisix-yaml --json')).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('export as json keeps everything', async () => {
    const { stdout } = await snapshot('export 1 --format json --reveal')
    const { manifest, entries, masked } = JSON.parse(stdout)
    expect(manifest).toMatchObject({ sequence: 1, format: 1 })
    expect(new Set(entries)).toEqual(new Set(sampleEntries(1)))
    expect(masked).toBe(0)
  })

  it('prune deletes what it said it would', async () => {
    const pruned = await copyOfStore('pruned')
    expect((await snapshot(`prune ${onlyTheNewest} --dry-run`, pruned)).stdout).toBe(
      'would delete 1 snapshots and 1 parts\n1 stay: 1 newest\n',
    )
    expect(JSON.parse((await snapshot('ls --json', pruned)).stdout)).toMatchObject({ total: 2 })
    const result = await snapshot(`prune ${onlyTheNewest} --json`, pruned)
    expect(JSON.parse(result.stdout)).toMatchObject({ dryRun: false, snapshots: 1, parts: 1, kept: { newest: 1 } })
    expect(await snapshot('verify --all', pruned)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^2 ok: [^\n]*\n$/),
    })
  })

  it.each([
    ['ls --store s3://key:hidden@bucket', '--store: must not hold credentials; '],
    ['ls --group a/b', '--group: must be 1 to 64 '],
    ['verify 7', ' (default, resources) has no snapshot 7'],
    ['show 7 --domain instance', ' (default, instance) has no snapshot 7'],
    ['verify --group other', 'there are no snapshots in file:'],
    ['show latest --kind routes --id 9', 'snapshot 2 has no routes with the id 9'],
    ['export 1 --format apisix-yaml -o /nowhere/x', '--output /nowhere/x: cannot be written (ENOENT)'],
  ])('%s is a mistake: one sentence and exit code 1', async (commandLine, sentence) => {
    const result = await snapshot(commandLine)
    expect(result.stderr).toContain(sentence)
    expect(result.stderr).not.toMatch(/hidden|\n\s+at /)
    expect(result).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('a folder that is not there is no empty store', async () => {
    const result = await snapshot('ls', join(folder, 'not-mounted'))
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^outlast: file:.*not-mounted: .*\n$/),
    })
  })
})

const apisixLists = {
  routes: [
    { id: '1', uri: '/ip', upstream_id: 'u', priority: 2 },
    { id: 'new', uri: '/x', upstream_id: 'u' },
  ],
  upstreams: [{ id: 'u', type: 'chash', hash_on: 'vars', key: 'remote_addr', nodes: { '127.0.0.1:1980': 1 } }],
  consumers: [
    { username: 'jack' },
    { id: 'jack/credentials/key-1', plugins: { 'key-auth': { key: 'jacks-second-key' } } },
  ],
  plugin_metadata: [{ id: 'http-logger', log_format: { host: '$host' } }],
  global_rules: [{ id: 'g', ...Object(sampleEntries(2).find(({ id }) => id === 'g')?.value) }],
}

describeWithServer('radosgw', 'outlast snapshot, with bucket credentials alone, on Ceph radosgw', () => {
  let server: Radosgw

  beforeAll(async () => {
    server = await startRadosgw()
    await server.createBucket('backups')
    const { endpoint, region, accessKeyId, secretAccessKey } = server
    const storage = s3Storage({ bucket: 'backups', endpoint, region, credentials: { accessKeyId, secretAccessKey } })
    await publishSamples(storage)
  })

  afterAll(async () => {
    await server?.stop()
  })

  const onRadosgw = async (commandLine: string, secretAccessKey = server.secretAccessKey) =>
    runOutlast(['snapshot', ...commandLine.split(' ')], {
      OUTLAST_STORE: `s3://backups?region=${server.region}&endpoint=${encodeURIComponent(server.endpoint)}&path_style=true`,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    })

  it('lists, verifies, compares, exports and prunes', async () => {
    expect(JSON.parse((await onRadosgw('ls --json')).stdout)).toMatchObject({ total: 2 })
    expect(await onRadosgw('verify --all')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^2 ok: .*\n1 ok: .*\n$/),
    })
    expect(await onRadosgw('diff 1 2')).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/\n~ routes\/1\n/) })
    const exported = await onRadosgw('export latest --format apisix-json --reveal')
    expect(JSON.parse(exported.stdout)).toEqual(apisixLists)
    expect(await onRadosgw(`prune ${onlyTheNewest}`)).toMatchObject({
      exitCode: 0,
      stdout: 'deleted 1 snapshots and 1 parts\n1 stay: 1 newest\n',
    })
  })

  it('says in one sentence that the credentials are wrong', async () => {
    const result = await onRadosgw('ls', 'not-the-secret')
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^outlast: s3:\/\/backups: .*\n$/),
    })
  })
})
