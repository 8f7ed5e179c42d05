import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { startHttpUpstream, type HttpUpstream } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { statusDetail } from '../../src/data-plane/status-server.ts'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation, type RunningDataPlane } from '../../src/demo/installation.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'

const secret = 'the-password-of-clickhouse'

describe('an installation with keys for its backup', () => {
  let upstream: HttpUpstream
  let installation: Installation

  const file = (name: string) => join(installation.folder, name)
  const answers = (node: RunningDataPlane) =>
    eventually('GET /ip answers 200', async () => (await node.get('/ip')).status === 200)
  const hasCopy = (node: string) =>
    eventually(`${node} has a copy on its disk`, async () => {
      const copies = await readdir(file(`${node}/snapshots/groups/default/resources/manifests`))
      return copies.length > 0
    })
  const snapshot = async (commandLine: string, environment: Readonly<Record<string, string>> = {}) =>
    runOutlast(['snapshot', ...commandLine.split(' ')], {
      OUTLAST_STORE: pathToFileURL(file('backup')).href,
      ...environment,
    })
  const withKeys = () => ({ OUTLAST_TRUSTED_KEYS: file('ours.pub'), OUTLAST_SEALING_KEY: file('sealing') })
  const dataPlaneFile = (trusted: string, provider = 'etcd') => `deployment:
  role_data_plane: { config_provider: ${provider} }
  fallback_cp:
    filesystem: { path: ${file('backup')} }
    trusted_key_files: ['${file(trusted)}']
    sealing_key_file: ${file('sealing')}
`

  beforeEach(async () => {
    ;[upstream, installation] = await Promise.all([startHttpUpstream(), createInstallation()])
    for (const command of ['signing -o ours', 'signing -o strangers', 'sealing -o sealing']) {
      await snapshot(`keygen ${command.replace('-o ', `-o ${installation.folder}/`)}`)
    }
    await writeFile(
      file('conf.yaml'),
      `fallback_cp:
  cron_spec: '@every 1s'
  filesystem: { path: ${file('backup')} }
  signing_key_file: ${file('ours')}
  trusted_key_files: ['${file('ours.pub')}']
  sealing_key_file: ${file('sealing')}
`,
    )
    await writeFile(file('config.yaml'), dataPlaneFile('ours.pub'))
    await installation.startControlPlane()
    await installation.admin.put('routes/ip', {
      uri: '/ip',
      plugins: { 'clickhouse-logger': { endpoint_addr: 'http://127.0.0.1:1', user: 'u', password: secret } },
      upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
    })
    await eventually('the backup holds the route', async () => (await snapshot('ls')).stdout.includes('1 routes'))
  })

  afterEach(async () => {
    await installation?.remove()
    await upstream?.stop()
  })

  /** The key of the generated keyring, as somebody who has all keys gets it. */
  const keyOfKeyring = async (): Promise<string> => {
    const shown = await snapshot('export latest --domain instance --format json --reveal', withKeys())
    const [, key] = /"keyring":\s*\[\s*"([\w-]{32})"/.exec(shown.stdout) ?? []
    if (key === undefined) throw new Error(`there is a keyring: ${shown.stdout}${shown.stderr}`)
    return key
  }

  it('has no secret in clear in any store, on any disk of a data plane, or in any log, and outlasts its control plane', async () => {
    const node = await installation.startDataPlane('node', file('config.yaml'))
    await answers(node)
    await hasCopy('node')
    const key = await keyOfKeyring()
    await installation.controlPlane().end('SIGKILL')
    await node.kill()
    const fresh = await installation.startDataPlane('fresh', file('config.yaml'))
    await answers(fresh)
    expect(await fresh.detail()).toMatchObject({ mode: 'standalone', quarantined: [] })
    await hasCopy('fresh')
    // From its own disk alone.
    await writeFile(file('alone.yaml'), dataPlaneFile('strangers.pub'))
    const again = await installation.startDataPlane('node', file('alone.yaml'))
    await answers(again)

    for (const folder of ['backup', 'node/snapshots', 'fresh/snapshots']) {
      const stored = await everythingBelow(file(folder))
      expect(stored).toContain('outlast$1$')
      expect(stored).toContain('"kind":"routes"')
      for (const hidden of [secret, key]) expect(stored).not.toContain(hidden)
    }
    for (const hidden of [secret, key]) expect(installation.output()).not.toContain(hidden)
    expect(installation.output()).toContain('generated a keyring')

    const shown = await snapshot('show latest --kind routes --reveal', withKeys())
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(secret) })
    const verified = await snapshot('verify --all', withKeys())
    expect(verified.exitCode).toBe(0)
  })

  it('is not believed by a data plane that trusts another key, which says why', async () => {
    await writeFile(file('stranger.yaml'), dataPlaneFile('strangers.pub', 'yaml'))
    const process = await startOutlast([
      'dp',
      '--config',
      file('stranger.yaml'),
      '--data',
      file('stranger'),
      '--http',
      '127.0.0.1:0',
      '--status',
      '127.0.0.1:0',
    ])
    try {
      const running = await eventually('running.json', async () =>
        JSON.parse(await readFile(join(file('stranger'), 'running.json'), 'utf8')),
      )
      const detail = await eventually('it has asked the store', async () => {
        const { ready, sources } = await statusDetail(running.status)
        const [store] = sources.stores
        return store?.lastError && { ready, reason: store.lastError.message }
      })
      expect(detail.reason).toMatch(/is signed, but by no key that is trusted here$/)
      expect(detail.ready).toBe(false)
      // Its file is mended, and read again together with its keys.
      await writeFile(file('stranger.yaml'), dataPlaneFile('ours.pub', 'yaml'))
      expect((await runOutlast(['reload', '--data', file('stranger')])).stdout).toBe('reloaded\n')
      await eventually('it is ready', async () => (await fetch(`${running.status}/status/ready`)).ok)
    } finally {
      await process.end('SIGKILL')
    }
  })

  it('goes on with the keyring of its backup when the control plane has lost its database', async () => {
    const key = await keyOfKeyring()
    await installation.controlPlane().end('SIGKILL')
    for (const name of await readdir(file('cp'))) {
      if (name.startsWith('control-plane.db')) await rm(join(file('cp'), name))
    }
    const after = await installation.startControlPlane()
    expect(after.output()).toContain('took over the keyring of the backup')
    expect(await keyOfKeyring()).toBe(key)
  })
})

/** The bytes of every file below a folder, and what compressed ones hold. */
async function everythingBelow(folder: string): Promise<string> {
  const texts: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    texts.push(bytes.toString('latin1'))
    if (entry.name.endsWith('.zst')) texts.push(zstdDecompressSync(bytes).toString())
    if (entry.name.endsWith('.gz')) texts.push(gunzipSync(bytes).toString())
  }
  return texts.join('\n')
}
