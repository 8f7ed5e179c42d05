import { createServer } from 'node:http'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { freePort, type ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation } from '../../src/demo/installation.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'

describe('outlast sidecar', () => {
  let installation: Installation
  let environment: Readonly<Record<string, string>>
  let sidecar: ServerProcess | undefined
  let statusUrl: string

  const file = (name: string) => `${installation.folder}/${name}`
  const apisixYaml = () => file('apisix.yaml')
  const data = () => file('sidecar')
  const outlast = async (...commandLine: readonly string[]) => runOutlast(commandLine)
  const written = async () => (await stat(apisixYaml())).ino
  const routes = async (path = apisixYaml()) => {
    const document: { routes?: { id: string; uri: string }[] } = parse(await readFile(path, 'utf8'))
    return document.routes?.map(({ id, uri }) => `${id} ${uri}`)
  }
  const put = (id: string, uri: string) =>
    installation.admin.put(`routes/${id}`, { uri, upstream: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } })
  const detail = async () => {
    const answer: { mode: string; source?: string; held?: string; sink: { targets: { current: boolean }[] } } =
      JSON.parse(await (await fetch(`${statusUrl}/status/detail`)).text())
    return answer
  }
  const configure = async (block: string) => writeFile(file('config.yaml'), `deployment:\n  sidecar:\n    ${block}\n`)
  const start = async (block: string) => {
    await configure(block)
    const port = await freePort()
    statusUrl = `http://127.0.0.1:${port}`
    sidecar = await startOutlast(
      ['sidecar', '-c', file('config.yaml'), '--data', data(), '--status', `127.0.0.1:${port}`],
      environment,
    )
    await eventually('the sidecar is ready', async () => (await fetch(`${statusUrl}/status/ready`)).ok)
  }
  const isCurrent = async () => (await detail()).sink.targets.every(({ current }) => current)
  const startWithFile = () => start(`apisix_yaml: { path: ${JSON.stringify(apisixYaml())} }`)

  beforeEach(async () => {
    installation = await createInstallation()
    await writeFile(file('conf.yaml'), '')
    await installation.startControlPlane()
    environment = await installation.dataPlaneEnvironment()
    await put('one', '/one')
  })

  afterEach(async () => {
    await sidecar?.end('SIGKILL')
    sidecar = undefined
    await installation.remove()
  })

  it('keeps the apisix.yaml of a stock APISIX: through changes, the loss of the control plane, and its own restart without one', async () => {
    await startWithFile()
    expect(await routes()).toEqual(['one /one'])
    expect((await stat(apisixYaml())).mode & 0o777).toBe(0o600)
    await put('two', '/two')
    await eventually('the change is in the file', async () => (await routes())?.includes('two /two'))
    const before = await written()

    await installation.controlPlane().end('SIGKILL')
    await eventually('the sidecar holds', async () => (await detail()).mode === 'holding')
    expect(await written()).toBe(before)
    expect((await fetch(`${statusUrl}/status/ready`)).status).toBe(200)

    await eventually('its own copy is written', async () => {
      const { sources } = JSON.parse(await (await fetch(`${statusUrl}/status/detail`)).text())
      return sources.local.lastSuccessAt > 0
    })
    await sidecar?.end('SIGTERM')
    expect(sidecar?.exitCode()).toBe(0)
    await startWithFile()
    await eventually('it runs its copy', async () => (await detail()).mode === 'standalone')
    await eventually('the file is current', isCurrent)
    expect(await written()).toBe(before)

    // Lost together with the gateway's disk, say.
    await rm(apisixYaml())
    await eventually('the file is back', async () => (await routes())?.length === 2)

    await installation.startControlPlane()
    await put('three', '/three')
    await eventually('the sidecar follows again', async () => (await routes())?.includes('three /three'))
    await eventually('and says so', async () => (await detail()).mode === 'live')
  })

  it('obeys operators, over a kill, and says so to commands and in its metrics', async () => {
    await startWithFile()
    const why = ['--reason', 'INC-7', '--actor', 'ada', '--data', data()]
    await eventually('the file is current', isCurrent)
    const status = await outlast('sidecar', 'status', '--data', data())
    expect(status).toMatchObject({ exitCode: 0, stderr: '' })
    expect(status.stdout).toContain(`\nAPISIX ${apisixYaml()}: has the newest configuration, was reached `)

    expect(await outlast('sidecar', 'freeze', ...why)).toEqual({ exitCode: 0, stdout: 'freeze: done\n', stderr: '' })
    await put('two', '/two')
    await eventually('it holds', async () => (await detail()).held === 'frozen by ada: INC-7')
    expect(sidecar?.output()).toMatch(/"audit":"freeze","actor":"ada","reason":"INC-7"/)
    for (const name of ['orders.json', 'running.json'])
      expect((await stat(`${data()}/${name}`)).mode & 0o777).toBe(0o600)
    await eventually(
      'its own copy is written',
      async () => (await outlast('snapshot', 'ls', '--store', `file://${data()}/snapshots`)).exitCode === 0,
    )

    await sidecar?.end('SIGKILL')
    await startWithFile()
    await eventually('it holds again', async () => (await detail()).held === 'frozen by ada: INC-7')
    await eventually('the file is current', isCurrent)
    // A folder is a folder: whoever knows one command knows both.
    const held = await outlast('dp', 'status', '--data', data())
    expect(held.exitCode).toBe(2)
    expect(held.stdout).toMatch(/^held: frozen by ada: INC-7\nordered: frozen by ada \(INC-7\) /m)
    expect(await routes()).toEqual(['one /one'])
    const metrics = await (await fetch(`${statusUrl}/metrics`)).text()
    expect(metrics).toContain('\noutlast_dataplane_ordered{order="frozen"} 1\n')
    expect(metrics).toContain(`\noutlast_sidecar_target_current{target="${apisixYaml()}"} 1\n`)

    expect(await outlast('sidecar', 'unfreeze', ...why)).toMatchObject({ exitCode: 0 })
    await eventually('the change is in the file', async () => (await routes())?.includes('two /two'))
    await sidecar?.end('SIGTERM')
    await expect(readFile(`${data()}/running.json`)).rejects.toThrow('ENOENT')
  })

  it('reads its file again: another target gets everything at once, and a file with a mistake changes nothing', async () => {
    await startWithFile()
    const reload = async () => outlast('reload', '--data', data())
    await configure('apisix_yaml: { file: somewhere }')
    expect(await reload()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^outlast: refused, nothing changed: .*deployment\.sidecar\.apisix_yaml/),
    })
    await put('two', '/two')
    await eventually('the first file is still written', async () => (await routes())?.length === 2)
    const before = await written()

    const other = file('other/apisix.yaml')
    await configure(`apisix_yaml: { path: ${JSON.stringify(other)} }`)
    // Its folder comes a little later.
    expect(await reload()).toEqual({ exitCode: 0, stdout: 'reloaded\n', stderr: '' })
    await eventually('it says what is missing', async () =>
      JSON.stringify(await detail()).includes('its folder is not there'),
    )
    await mkdir(file('other'))
    await eventually('the other file is written', async () => (await routes(other))?.length === 2)
    await put('three', '/three')
    await eventually('it is kept', async () => (await routes(other))?.length === 3)
    expect(await written()).toBe(before)
    await eventually('it says so', isCurrent)
    expect(await detail()).toMatchObject({ mode: 'live', sink: { targets: [{ name: other, current: true }] } })
  })

  it('leaves a whole file whenever it is killed', async () => {
    for (let round = 0; round < 3; round++) {
      await startWithFile()
      await Promise.all([put('one', `/one-${round}`), put('two', `/two-${round}`)])
      await sidecar?.end('SIGKILL')
      expect(await readFile(apisixYaml(), 'utf8')).toMatch(/\n#END\n$/)
    }
    await startWithFile()
    await eventually('it catches up', async () => (await routes())?.join() === 'one /one-2,two /two-2')
  })

  it('drives an APISIX through its Admin API, here one that only notes what it is told', async () => {
    const told: { readonly body: unknown; readonly key: unknown }[] = []
    let digest = ''
    let adminKey = 'an-admin-key'
    const server = createServer((request, response) => {
      const isPut = request.method === 'PUT'
      void text(request).then((body) => {
        if (request.headers['x-api-key'] !== adminKey) return response.writeHead(401).end()
        if (isPut) {
          told.push({ body: JSON.parse(body), key: request.headers['x-api-key'] })
          digest = String(request.headers['x-digest'])
        }
        response.writeHead(isPut ? 202 : 200, digest === '' ? {} : { 'x-digest': digest })
        return response.end(request.method === 'GET' ? '{}' : undefined)
      })
    })
    const port = await freePort()
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
    try {
      environment = { ...environment, ADMIN_KEY: 'an-admin-key' }
      await start(`admin_api: { endpoints: ["http://127.0.0.1:${port}"], admin_key: "\${{ADMIN_KEY}}" }`)
      await put('two', '/two')
      await eventually('the change has arrived', async () => told.length === 2)
      expect(told).toMatchObject([
        { key: 'an-admin-key', body: { routes: [{ id: 'one' }] } },
        { key: 'an-admin-key', body: { routes: [{ id: 'one' }, { id: 'two' }] } },
      ])

      // Another key there makes it stale, not unready; the same key in the file, and it goes on.
      adminKey = 'a-new-key'
      await put('three', '/three')
      await eventually('it says so', async () => JSON.stringify(await detail()).includes('refuses the admin key'))
      expect(await outlast('sidecar', 'status', '--data', data())).toMatchObject({ exitCode: 2 })
      await configure(`admin_api: { endpoints: ["http://127.0.0.1:${port}"], admin_key: a-new-key }`)
      sidecar?.signal('SIGHUP')
      await eventually('the change has arrived', async () => {
        expect((await fetch(`${statusUrl}/status/ready`)).status).toBe(200)
        return told.length === 3
      })
      expect(told[2]).toMatchObject({ key: 'a-new-key', body: { routes: { length: 3 } } })
      expect(sidecar?.output()).not.toMatch(/an-admin-key|a-new-key/)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
