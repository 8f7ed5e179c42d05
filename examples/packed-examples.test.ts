import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { snapshotStore } from '@outlast/snapshot'
import { s3Storage } from '@outlast/storage-s3'
import { startEtcd, startRadosgw, startRedis, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('..', import.meta.url))

// What a user does: an empty project, the packages as npm would deliver them, the example's files.
describe('the examples in an empty project, from packed tarballs', () => {
  let project: string

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'outlast-examples-'))
    await createProject(project)
  }, 300_000)

  afterAll(async () => {
    await rm(project, { recursive: true, force: true })
  })

  it('compile, and so do those of the READMEs', async () => {
    const { stdout } = await run(join(repository, 'node_modules/.bin/tsc'), ['-p', project])
    expect(stdout).toBe('')
  })

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

/** An empty project with every package from its tarball, the examples, and the code of each README as a file. */
async function createProject(project: string): Promise<void> {
  const packages = await publishedPackages()
  await run('npm', ['pack', '--pack-destination', project, ...packages.map(({ folder }) => `./packages/${folder}`)], {
    cwd: repository,
  })
  const { devDependencies } = await packageJson(repository)
  const manifest = {
    type: 'module',
    private: true,
    dependencies: {
      ...Object.fromEntries(
        packages.map(({ name, version }) => [name, `file:./${name.slice(1).replace('/', '-')}-${version}.tgz`]),
      ),
      '@types/node': devDependencies?.['@types/node'],
      redis: '6.3.1',
    },
  }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project })
  await mkdir(join(project, 'readme'))
  for (const { name, folder } of packages) {
    const readme = await readFile(join(project, 'node_modules', name, 'README.md'), 'utf8')
    for (const [index, [, code = '']] of [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      await writeFile(join(project, `readme/${folder}-${index + 1}.ts`), `${code}\nexport {}\n`)
    }
  }
  const tsconfig = {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
    },
    include: ['*/*.ts'],
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  for (const example of ['export-from-your-control-plane', 'follow-in-your-proxy', 'storage-redis']) {
    await cp(join(repository, 'examples', example), join(project, example), { recursive: true })
  }
}

interface PackageJson {
  readonly name: string
  readonly version: string
  readonly devDependencies?: Readonly<Record<string, string>>
}

async function packageJson(folder: string): Promise<PackageJson> {
  const json: PackageJson = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return json
}

async function publishedPackages(): Promise<(PackageJson & { readonly folder: string })[]> {
  const folders = await readdir(join(repository, 'packages'))
  return Promise.all(
    folders.map(async (folder) => ({ ...(await packageJson(join(repository, 'packages', folder))), folder })),
  )
}

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
