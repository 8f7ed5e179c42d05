import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startHttpUpstream, type HttpUpstream } from '@outlast/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DataPlaneInstance } from '../../../src/control-plane/data-planes/data-plane-registry.ts'
import { eventually } from '../../../src/demo/eventually.ts'
import { startNode, type StartedNode } from '../start-node.ts'
import { adminKey, controlPlaneSeat, type ControlPlaneSeat } from './control-plane-seat.ts'

const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../control-plane/fixtures/client-certificates/${name}`, import.meta.url))

describe('real nodes with client certificates and no token', () => {
  let folder: string
  let upstream: HttpUpstream
  let controlPlane: ControlPlaneSeat
  let endpoint: string
  const nodes: StartedNode[] = []
  const file = (name: string): string => join(folder, name)

  /** A node whose file names its certificate, as `deployment.etcd.tls` does. */
  const startWithFile = async (
    role: 'dp' | 'sidecar',
    name: string,
    { tls = 'default', more = {} }: { readonly tls?: string; readonly more?: object } = {},
  ): Promise<StartedNode> => {
    const config = {
      apisix: { ssl: { ssl_trusted_certificate: certificate('ca.crt') } },
      deployment: {
        etcd: { host: [endpoint], tls: { cert: certificate(`${tls}.crt`), key: certificate('client.key') } },
        ...more,
      },
      plugin_attr: { prometheus: { enable_export_server: false } },
    }
    await writeFile(file(`${name}.yaml`), JSON.stringify(config))
    const node = await startNode(role, { config: file(`${name}.yaml`), data: file(name) })
    nodes.push(node)
    return node
  }

  /** One that has it from its environment, as API7's data planes do. */
  const startWithEnvironment = async (name: string): Promise<StartedNode> => {
    await writeFile(file(`${name}.yaml`), 'plugin_attr: { prometheus: { enable_export_server: false } }\n')
    const environment = {
      API7_CONTROL_PLANE_ENDPOINTS: JSON.stringify([endpoint]),
      API7_CONTROL_PLANE_CA: certificate('ca.crt'),
      API7_CONTROL_PLANE_CERT: await readFile(certificate('default.crt'), 'utf8'),
      API7_CONTROL_PLANE_KEY: await readFile(certificate('client.key'), 'utf8'),
    }
    const node = await startNode('dp', { config: file(`${name}.yaml`), data: file(name), environment })
    nodes.push(node)
    return node
  }

  const instances = async (): Promise<readonly DataPlaneInstance[]> => {
    const response = await fetch(`${controlPlane.adminUrl}/apisix/admin/gateway_groups/default/instances`, {
      headers: { 'x-api-key': adminKey },
    })
    const { list }: { list: readonly DataPlaneInstance[] } = JSON.parse(await response.text())
    return list
  }

  const putRoute = async (uri: string): Promise<void> => {
    const nodesOfRoute = { [`${upstream.host}:${upstream.port}`]: 1 }
    await controlPlane.put('routes/1', { uri, upstream: { type: 'roundrobin', nodes: nodesOfRoute } })
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-certificates-'))
    upstream = await startHttpUpstream()
    const port = await freePort()
    endpoint = `https://127.0.0.1:${port}`
    const https = {
      ip: '127.0.0.1',
      port,
      cert_file: certificate('server.crt'),
      key_file: certificate('server.key'),
      ca_file: certificate('ca.crt'),
    }
    controlPlane = await controlPlaneSeat({ path: file('cp'), configuration: { dp_manager: { https } } })
    await controlPlane.start()
    await putRoute('/ip')
  })

  afterAll(async () => {
    await Promise.all(
      [...nodes.map(({ process }) => process), ...controlPlane.launched()].map((one) => one.end('SIGKILL')),
    )
    await upstream.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('follow, report, and are known again after a restart of either side; others are not let in', async () => {
    const sidecarTarget = { sidecar: { apisix_yaml: { path: file('apisix.yaml') } } }
    const [first, second, sidecar, expired, foreign] = await Promise.all([
      startWithFile('dp', 'first'),
      startWithEnvironment('second'),
      startWithFile('sidecar', 'sidecar', { more: sidecarTarget }),
      startWithFile('dp', 'expired', { tls: 'expired' }),
      startWithFile('dp', 'foreign', { tls: 'foreign' }),
    ])
    await Promise.all([first, second, sidecar].map((node) => node.untilReady()))
    for (const node of [first, second]) {
      await eventually('it proxies', async () => (await node.get('/ip')) === 200)
    }
    await putRoute('/headers')
    for (const node of [first, second]) {
      await eventually('it follows', async () => (await node.get('/headers')) === 200)
    }

    const revision = await controlPlane.revision()
    const healthy = await eventually('the three of them are listed where they stand', async () => {
      const list = await instances()
      const current = list.filter(({ state, position }) => state === 'healthy' && position?.revision === revision)
      return current.length === 3 && list
    })
    expect(healthy).toHaveLength(3)
    for (const { hostname: host, version, address, quarantined } of healthy) {
      expect({ host, version, address, quarantined }).toEqual({
        host: hostname(),
        version: '0.0.0',
        address: '127.0.0.1',
        quarantined: 0,
      })
    }
    for (const refused of [expired, foreign]) {
      await eventually('it says why it has nothing', async () => (await refused.detail()).sources.live?.lastError)
      expect(await refused.isReady()).toBe(false)
    }

    const ids = healthy.map(({ id }) => id).toSorted()
    await Promise.all([
      first.process.end('SIGTERM'),
      sidecar.process.end('SIGTERM'),
      controlPlane.process().end('SIGTERM'),
    ])
    await controlPlane.start()
    const listed = async (): Promise<string> =>
      (await instances())
        .map(({ id }) => id)
        .toSorted()
        .join(' ')
    // The sidecar reports no more: the list was kept.
    await eventually('the list is there again', async () => (await listed()) === ids.join(' '))
    const startedAt = Date.now()
    await startWithFile('dp', 'first')
    await eventually('the first one reports again', async () =>
      (await instances()).some((instance) => instance.startedAt >= startedAt && instance.state === 'healthy'),
    )
    expect(await listed()).toBe(ids.join(' '))
  })
})
