import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { snapshotStore } from '@outlast/snapshot'
import { s3Storage } from '@outlast/storage-s3'
import { startEtcd, startRadosgw, startRedis, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, createPackedProject, type PackedProject } from './packed-project.ts'

const run = promisify(execFile)

// What a user does: an empty project, the packages as npm would deliver them, the example's files.
describe('an empty project with the packages from packed tarballs', () => {
  let project: string
  let packed: PackedProject

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'outlast-examples-'))
    packed = await createPackedProject(project)
  }, 300_000)

  afterAll(async () => {
    await rm(project, { recursive: true, force: true })
  })

  it('imports every export of every package with Node.js 22, 24 and 26, without a warning, and finds the same', async () => {
    const listNames = `
      const names = {}
      for (const specifier of process.argv.slice(1)) {
        const module = await import(specifier, specifier.endsWith('.json') ? { with: { type: 'json' } } : {})
        names[specifier] = Object.keys(module).sort()
      }
      console.log(JSON.stringify({ version: process.versions.node, names }))`
    const specifiers = packed.packages.flatMap(({ name, exports }) =>
      Object.keys(exports).map((path) => `${name}${path.slice(1)}`),
    )
    const answers = await Promise.all(
      packed.nodes.map(async ({ node }) => {
        const { stdout, stderr } = await run(node, ['--input-type=module', '-e', listNames, ...specifiers], {
          cwd: project,
        })
        expect(stderr).toBe('')
        const answer: { version: string; names: Record<string, string[]> } = JSON.parse(stdout)
        return answer
      }),
    )
    expect(answers.map(({ version }) => version.split('.')[0])).toEqual(['22', '24', '26'])
    for (const { engines } of packed.packages) expect(answers[0]?.version).toBe(`${engines['node']?.slice(2)}.0`)
    const [oldest, ...newer] = answers.map(({ names }) => names)
    expect(oldest).toMatchObject({ '@outlast/dataplane/importer': expect.arrayContaining(['createDataPlane']) })
    expect(Object.values(oldest ?? {}).every((names) => names.length > 0)).toBe(true)
    for (const names of newer) expect(names).toEqual(oldest)
  })

  it('reads with Node.js 22, 24 and 26 what each of them has backed up', async () => {
    const script = join(project, 'back-up-and-read.mjs')
    await writeFile(
      script,
      `import { createExporter } from '@outlast/exporter'
      import { memorySource, snapshotStore } from '@outlast/snapshot'
      import { fsStorage } from '@outlast/storage-fs'
      const [action, group] = process.argv.slice(2)
      const folder = (name) => fsStorage({ path: 'backups/' + name })
      const store = snapshotStore({ group, resources: folder('resources'), instance: folder('instance') })
      if (action === 'back-up') {
        const route = { kind: 'routes', id: '1', value: { uri: '/' + group } }
        const source = memorySource({ identity: group, resources: [route] })
        await createExporter({ store, source, schedule: '@yearly', onHeld() {} }).exportOnce()
      }
      const { manifest } = await store.resources.latest()
      const { entries } = await store.resources.load(manifest)
      console.log(JSON.stringify(entries))`,
    )
    for (const writer of packed.nodes) {
      const expected = [{ kind: 'routes', id: '1', value: { uri: `/${writer.version}` } }]
      await run(writer.node, [script, 'back-up', writer.version], { cwd: project })
      for (const reader of packed.nodes) {
        const { stdout } = await run(reader.node, [script, 'read', writer.version], { cwd: project })
        expect(JSON.parse(stdout)).toEqual(expected)
      }
    }
  })

  it('compiles the examples and those of the READMEs with the types of Node.js 22, 24 and 26', async () => {
    for (const { types } of packed.nodes) expect(await compile(packed, types)).toBe('')
  }, 120_000)

  describeWithServer('radosgw', 'on Ceph radosgw', () => {
    let store: Radosgw

    beforeAll(async () => {
      store = await startRadosgw()
    })

    afterAll(async () => {
      await store?.stop()
    })

    it('export-from-your-control-plane backs up what the database holds', async () => {
      await store.createBucket('gw-resources')
      await store.createBucket('gw-instance')
      const example = startExample(project, 'export-from-your-control-plane', s3Environment(store))
      await example.prints('published resources 1')
      const latest = await snapshotStore({
        group: 'default',
        resources: bucketOf(store, 'gw-resources'),
        instance: bucketOf(store, 'gw-instance'),
      }).resources.latest()
      expect(latest?.manifest.counts).toEqual({ routes: 1 })
      expect(await example.stop()).toBe(0)
    })

    describeWithServer('etcd', 'and etcd', () => {
      it('follow-in-your-proxy follows etcd, and outlasts it from its own disk', async () => {
        for (const region of ['eu-central-1', 'us-east-1']) {
          await store.createBucket(`gw-resources-${region}`)
          await store.createBucket(`gw-instance-${region}`)
        }
        const etcd = await startEtcd()
        const put = (key: string, value: object) =>
          fetch(`${etcd.endpoint}/v3/kv/put`, {
            method: 'POST',
            body: JSON.stringify({ key: base64(key), value: base64(JSON.stringify(value)) }),
          })
        const environment = {
          ...s3Environment(store),
          ETCD_ENDPOINT: etcd.endpoint,
          LOCAL_PATH: join(project, 'local'),
        }
        try {
          await put('/apisix/routes/hello', { uri: '/hello' })
          const example = startExample(project, 'follow-in-your-proxy', environment)
          await example.prints('ready: live')
          await put('/apisix/routes/world', { uri: '/world' })
          await example.prints('routes/hello routes/world')
          expect(await example.stop()).toBe(0)
        } finally {
          await etcd.stop()
        }
        const restarted = startExample(project, 'follow-in-your-proxy', environment)
        await restarted.prints('routes/hello routes/world')
        await restarted.prints('ready: standalone')
        expect(await restarted.stop()).toBe(0)
      })
    })
  })

  describeWithServer('redis', 'on Redis', () => {
    it('storage-redis passes the conformance suite under node:test', async () => {
      const redis = await startRedis()
      try {
        const file = join(project, 'storage-redis/conformance.test.ts')
        const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], {
          cwd: project,
          env: { ...process.env, REDIS_URL: redis.url },
          maxBuffer: 16 * 1024 * 1024,
        })
        expect(stdout).toMatch(/^# fail 0$/m)
        expect(stdout).toMatch(/^# skipped 0$/m)
        expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(20)
      } finally {
        await redis.stop()
      }
    })
  })
})

function startExample(project: string, name: string, environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(project, name, 'main.ts')], {
    cwd: project,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  return {
    async prints(text: string): Promise<void> {
      const deadline = Date.now() + 20_000
      while (!output.includes(text)) {
        if (child.exitCode !== null || Date.now() > deadline) {
          child.kill('SIGKILL')
          throw new Error(`${name} never printed "${text}", but:\n${output}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    },
    async stop(): Promise<number | null> {
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
  }
}

function s3Environment(store: Radosgw): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    S3_ENDPOINT: store.endpoint,
  }
}

function bucketOf(store: Radosgw, bucket: string) {
  return s3Storage({
    bucket,
    endpoint: store.endpoint,
    forcePathStyle: true,
    region: 'eu-central-1',
    credentials: store,
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
