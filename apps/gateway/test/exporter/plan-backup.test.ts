import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memorySource, silentLogger } from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { checkBackup } from '../../src/exporter/check-backup.ts'
import { openExporter, type Backup } from '../../src/exporter/open-exporter.ts'
import { planBackup } from '../../src/exporter/plan-backup.ts'

const keys = { signer: undefined, trustedKeys: undefined, sealingKeys: [] }

/** What a control plane's file with these lines below `fallback_cp` asks for. */
function plan(...lines: readonly string[]) {
  const file = parseConfigFile('conf.yaml', ['fallback_cp:', ...lines.map((line) => `  ${line}`)].join('\n'), {})
  const { fallback, schedule } = controlPlaneConfig(file, { data: 'data' })
  if (!fallback || !schedule) throw new Error('there is a block')
  const block = { file, field: ['fallback_cp'], fallback }
  return { file, backup: planBackup({ ...block, schedule, group: 'default', keys, logger: silentLogger }) }
}

describe('replicas and retention of a file', () => {
  it('are those of the exporter', () => {
    const { backup } = plan(
      'filesystem: { path: /backup }',
      'retention: { newest: 5, minutely_hours: 0 }',
      'replicas:',
      '  - { name: second, prune: true, aws_s3: { config_bucket: c, resource_bucket: r, prefix: eu } }',
      '  - filesystem: { path: /backup, prefix: copy }',
    )
    expect(backup.retention).toEqual({ newest: 5, minutelyHours: 0, hourlyDays: undefined })
    expect(backup.replicas).toMatchObject([
      { name: 'second', prune: true, instance: { name: 's3://c/eu' }, resources: { name: 's3://r/eu' } },
      { name: 'file:///backup/copy', prune: undefined },
    ])
  })

  it('may be on another server, in a bucket of the same name', () => {
    const block = (endpoint: string) => `aws_s3: { config_bucket: b, resource_bucket: b, endpoint: "${endpoint}" }`
    const { backup } = plan(block('https://one'), 'replicas:', `  - { name: other, ${block('https://two')} }`)
    expect(backup.replicas).toMatchObject([{ name: 'other', block: { server: 'https://two' } }])
  })

  it.each([
    [
      'a replica without a store',
      ['replicas: [{ name: a }]'],
      'conf.yaml:3: fallback_cp.replicas[0]: names no storage: give aws_s3, azure_blob, gcs or filesystem',
    ],
    [
      'a replica with two stores',
      ['replicas: [{ filesystem: { path: /a }, gcs: { config_bucket: a, resource_bucket: b } }]'],
      'conf.yaml:3: fallback_cp.replicas[0].filesystem: gcs is set as well; give each store an item of its own',
    ],
    [
      'half a replica',
      ['replicas: [{ gcs: { bucket: a } }]'],
      'conf.yaml:3: fallback_cp.replicas[0].gcs: must name the resource bucket as well',
    ],
    [
      'a replica in a prefix that is none',
      ['replicas: [{ filesystem: { path: /a, prefix: ../b } }]'],
      expect.stringMatching(/^conf\.yaml:3: fallback_cp\.replicas\[0\]\.filesystem\.prefix: /),
    ],
    [
      'a replica that is the store itself',
      ['replicas: [{ filesystem: { path: /backup/ } }]'],
      'conf.yaml:3: fallback_cp.replicas[0].filesystem: is the store itself; a copy in the same place protects nothing',
    ],
    [
      'a replica that is there twice',
      ['replicas: [{ name: a, filesystem: { path: /a } }, { name: b, filesystem: { path: /a } }]'],
      'conf.yaml:3: fallback_cp.replicas[1].filesystem: is another replica as well',
    ],
    [
      'two replicas of one name',
      ['replicas: [{ name: a, filesystem: { path: /a } }, { name: a, filesystem: { path: /b } }]'],
      'conf.yaml:3: fallback_cp.replicas[1]: another replica is called a as well; give each a name of its own',
    ],
    [
      'two stores to export to',
      ['gcs: { config_bucket: a, resource_bucket: b }'],
      'conf.yaml:2: fallback_cp.filesystem: gcs is set as well; commits happen in one store only, keep one of the two, or move the other to replicas',
    ],
    [
      'a retention that keeps half an hour',
      ['retention: { newest: 5, minutely_hours: 0.5 }'],
      'conf.yaml:3: fallback_cp.retention.minutely_hours: must be a whole number',
    ],
    [
      'a retention that does not say how much stays',
      ['retention: { minutely_hours: 24 }'],
      'conf.yaml:3: fallback_cp.retention.newest: must say how many of the newest stay',
    ],
    [
      'an interval that would export all the time',
      ['interval: 0.001'],
      'conf.yaml:3: fallback_cp.interval: must be at least one second',
    ],
  ])('are refused, by field: %s', (_what, lines, message) => {
    const read = () => plan('filesystem: { path: /backup }', ...lines)
    expect(read).toThrow(expect.objectContaining({ name: 'UserError', message }))
  })
})

describe('trying a backup', () => {
  let folder: string
  const check = async ({ file, backup }: ReturnType<typeof plan>) =>
    checkBackup(backup, { file, signal: new AbortController().signal })
  const path = (name: string) => JSON.stringify(join(folder, name))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-plan-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('includes its replicas: one that cannot be written to is named', async () => {
    await writeFile(join(folder, 'file'), '')
    const planned = plan(
      `filesystem: { path: ${path('store')} }`,
      'replicas:',
      `  - filesystem: { path: ${path('good')} }`,
      `  - filesystem: { path: ${path('file/below')} }`,
    )
    await expect(check(planned)).rejects.toThrow(/^conf\.yaml:5: fallback_cp\.replicas\[1\]\.filesystem/)
    await expect(check({ ...planned, backup: without(planned.backup, 1) })).resolves.toBe(undefined)
  })

  it('leaves nothing that stands in the way of a copy', async () => {
    const planned = plan(
      `filesystem: { path: ${path('store')} }`,
      'replicas:',
      `  - filesystem: { path: ${path('copy')} }`,
    )
    await check(planned)
    const source = memorySource({ resources: [{ kind: 'routes', id: 'a', value: { uri: '/a' } }] })
    const exporter = openExporter(planned.backup, source, silentLogger)
    await exporter.exportOnce()
    const [replica] = await exporter.replicateOnce()
    expect(replica).toMatchObject({ domains: { resources: { status: 'current', sequence: 1 } } })
    expect(replica?.lastError).toBe(undefined)
    expect(await readdir(join(folder, 'copy/groups/default/resources'))).toContain('manifests')
    await exporter.stop()
  })
})

function without(backup: Backup, index: number): Backup {
  return { ...backup, replicas: backup.replicas.toSpliced(index, 1) }
}
