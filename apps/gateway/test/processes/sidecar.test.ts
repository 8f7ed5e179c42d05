import { createServer } from 'node:http'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { freePort, type ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation } from '../../src/demo/installation.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'

describe('outlast sidecar', () => {
  let installation: Installation
  let environment: Readonly<Record<string, string>>
  let sidecar: ServerProcess | undefined
  let statusUrl: string

  const file = (name: string) => `${installation.folder}/${name}`
  const apisixYaml = () => file('apisix.yaml')
  const written = async () => (await stat(apisixYaml())).ino
  const routes = async () => {
    const document: { routes?: { id: string; uri: string }[] } = parse(await readFile(apisixYaml(), 'utf8'))
    return document.routes?.map(({ id, uri }) => `${id} ${uri}`)
  }
  const put = (id: string, uri: string) =>
    installation.admin.put(`routes/${id}`, { uri, upstream: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } })
  const detail = async () => {
    const answer: { mode: string; source?: string; sink: { targets: { current: boolean }[] } } = JSON.parse(
      await (await fetch(`${statusUrl}/status/detail`)).text(),
    )
    return answer
  }
  const start = async (block: string) => {
    await writeFile(file('config.yaml'), `deployment:\n  sidecar:\n    ${block}\n`)
    const port = await freePort()
    statusUrl = `http://127.0.0.1:${port}`
    sidecar = await startOutlast(
      ['sidecar', '-c', file('config.yaml'), '--data', file('sidecar'), '--status', `127.0.0.1:${port}`],
      environment,
    )
    await eventually('the sidecar is ready', async () => (await fetch(`${statusUrl}/status/ready`)).ok)
  }
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
    expect(await detail()).toMatchObject({ mode: 'standalone', sink: { targets: [{ current: true }] } })
    expect(await written()).toBe(before)

    // Lost together with the gateway's disk, say.
    await rm(apisixYaml())
    await eventually('the file is back', async () => (await routes())?.length === 2)

    await installation.startControlPlane()
    await put('three', '/three')
    await eventually('the sidecar follows again', async () => (await routes())?.includes('three /three'))
    expect((await detail()).mode).toBe('live')
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
    const server = createServer((request, response) => {
      const isPut = request.method === 'PUT'
      void text(request).then((body) => {
        if (isPut) {
          told.push({ body: JSON.parse(body), key: request.headers['x-api-key'] })
          digest = String(request.headers['x-digest'])
        }
        response.writeHead(isPut ? 202 : 200, digest === '' ? {} : { 'x-digest': digest })
        response.end(request.method === 'GET' ? '{}' : undefined)
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
      expect(sidecar?.output()).not.toContain('an-admin-key')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
