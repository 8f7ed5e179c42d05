import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startHttpUpstream, type HttpUpstream } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation, type RunningDataPlane } from '../../src/demo/installation.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'

describe('outlast dp, with a data plane that runs', () => {
  let upstream: HttpUpstream
  let installation: Installation
  let node: RunningDataPlane
  const file = (name: string) => join(installation.folder, name)
  const put = async (name: string) =>
    installation.admin.put(`routes/${name}`, {
      uri: `/${name}`,
      upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
    })
  const answers = async (path: string, status: number) =>
    eventually(`${path} answers ${status}`, async () => (await node.get(path)).status === status)
  const dp = async (...words: readonly string[]) => runOutlast(['dp', ...words, '--data', node.data])
  const why = ['--actor', 'ada', '--reason', 'INC-7']

  beforeEach(async () => {
    ;[upstream, installation] = await Promise.all([startHttpUpstream(), createInstallation()])
    const backup = JSON.stringify(file('backup'))
    await writeFile(file('conf.yaml'), `fallback_cp:\n  cron_spec: '@every 1s'\n  filesystem: { path: ${backup} }\n`)
    await writeFile(file('config.yaml'), `deployment:\n  fallback_cp:\n    filesystem: { path: ${backup} }\n`)
    await installation.startControlPlane()
    await put('ip')
    node = await installation.startDataPlane('node', file('config.yaml'))
    await answers('/ip', 200)
  })

  afterEach(async () => {
    await installation?.remove()
    await upstream?.stop()
  })

  it('says what it runs, freezes it over a kill, and lets it go', async () => {
    const status = await dp('status')
    expect(status).toMatchObject({ exitCode: 0, stderr: '' })
    expect(status.stdout).toMatch(/^live: runs the configuration of .*\nsource /)

    expect(await dp('freeze', ...why)).toEqual({ exitCode: 0, stdout: 'freeze: done\n', stderr: '' })
    await put('headers')
    await eventually('the node holds', async () => (await node.detail()).held === 'frozen by ada: INC-7')
    const copies = join(node.data, 'snapshots/groups/default/resources/manifests')
    await eventually('the copy is on the disk', async () => (await readdir(copies)).length > 0)
    expect((await node.get('/headers')).status).toBe(404)
    expect((await stat(join(node.data, 'orders.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(node.data, 'running.json'))).mode & 0o777).toBe(0o600)

    await node.kill()
    node = await installation.startDataPlane('node', file('config.yaml'))
    await answers('/ip', 200)
    expect((await node.get('/headers')).status).toBe(404)
    await eventually('it holds again', async () => (await node.detail()).held === 'frozen by ada: INC-7')
    const held = await dp('status')
    expect(held.exitCode).toBe(2)
    expect(held.stdout).toMatch(/^held: frozen by ada: INC-7\nordered: frozen by ada \(INC-7\) /m)

    expect(await dp('unfreeze', ...why)).toMatchObject({ exitCode: 0 })
    await answers('/headers', 200)
    expect(await dp('unfreeze', ...why)).toMatchObject({
      exitCode: 2,
      stderr: 'outlast: unfreeze: refused, nothing changed: nothing is frozen\n',
    })
    expect(node.process.output()).toMatch(/"audit":"unfreeze","actor":"ada","reason":"INC-7"/)
  })

  it('pins a snapshot of the store and unpins it', async () => {
    // Of an earlier export, which may have been before the route: by then there was none.
    const first = await eventually('a snapshot with the route', async () => {
      const { stdout } = await runOutlast([
        'snapshot',
        'show',
        'latest',
        '--json',
        '--store',
        `file://${file('backup')}`,
      ])
      const { sequence, counts }: { sequence?: number; counts?: { routes?: number } } = JSON.parse(stdout || '{}')
      return counts?.routes === 1 ? sequence : undefined
    })
    await put('headers')
    await answers('/headers', 200)
    expect(await dp('pin', String(first), ...why)).toMatchObject({ exitCode: 0, stdout: 'pin: done\n' })
    await answers('/headers', 404)
    await eventually('it says so', async () => (await node.detail()).mode === 'standalone')
    expect((await node.detail()).ready).toBe(true)
    expect(await dp('pin', '99', ...why)).toMatchObject({ exitCode: 2 })
    expect(await dp('unpin', ...why)).toMatchObject({ exitCode: 0 })
    await answers('/headers', 200)
  })

  it('takes no order without a reason, from a folder without a node, or of a name that it does not know', async () => {
    expect((await dp('freeze')).stderr).toContain("required option '--reason <text>' not specified")
    const elsewhere = await runOutlast(['dp', 'status', '--data', file('nowhere')])
    expect(elsewhere).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no node runs with --data') })
    expect(await runOutlast(['dp', 'pni', '12'])).toMatchObject({
      exitCode: 1,
      stderr: 'outlast: dp pni: no such command; see "outlast dp --help"\n',
    })
    const { token }: { token: string } = JSON.parse(await readFile(join(node.data, 'running.json'), 'utf8'))
    const refused = await fetch(`${node.statusUrl}/control/freeze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}x` },
      body: JSON.stringify({ actor: 'ada', reason: 'INC-7' }),
    })
    expect(refused.status).toBe(401)
  })
})
