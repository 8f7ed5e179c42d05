import { writeFile } from 'node:fs/promises'
import { freePort, type ServerProcess } from '@outlast/test-servers'
import { eventually } from '../../../src/demo/eventually.ts'
import { startOutlast } from '../../../src/demo/outlast-process.ts'

/** The same for every control plane of a test, as for those that share an etcd. */
export const adminKey = 'the-admin-key-of-a-test'
export const dataPlaneToken = 'the-token-of-the-default-group'

/** Where control planes run one after the other: the same addresses, the same file, the same data folder. */
export interface ControlPlaneSeat {
  /** Its `--data`. */
  readonly data: string
  readonly adminUrl: string
  /** Without TLS. */
  readonly dataPlaneUrl: string
  /** A process that nobody has waited for. `program` is that of another release. */
  launch(program?: string): Promise<ServerProcess>
  /** Resolves when its Admin API answers. */
  start(program?: string): Promise<ServerProcess>
  /** The one launched last. */
  process(): ServerProcess
  /** All of them, whether they have ended or not. */
  launched(): readonly ServerProcess[]
  /** Creates or replaces `routes/1`, … Throws when the control plane does not. */
  put(resource: string, value: object): Promise<void>
  /** Revision of its store. */
  revision(): Promise<number>
  /** The status with which it says whether it is ready. */
  readiness(): Promise<number>
}

export interface ControlPlaneSeatOptions {
  /** Its files begin with this path. */
  readonly path: string
  /** What its file has beside the keys: `store`, `fallback_cp`. */
  readonly configuration: object
}

export async function controlPlaneSeat({ path, configuration }: ControlPlaneSeatOptions): Promise<ControlPlaneSeat> {
  const [admin, dataPlanes] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const [config, data] = [`${path}.yaml`, path]
  await writeFile(config, JSON.stringify({ ...keys, ...configuration }))
  const adminUrl = `http://${admin}`
  const all: ServerProcess[] = []

  const ask = async (resource: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { 'x-api-key': adminKey, 'content-type': 'application/json' }
    const response = await fetch(`${adminUrl}${resource}`, { ...init, headers, signal: AbortSignal.timeout(10_000) })
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`)
    return response
  }
  const revision = async (): Promise<number> => {
    const status: { revision: number } = JSON.parse(await (await ask('/status')).text())
    return status.revision
  }
  const launch = async (program?: string): Promise<ServerProcess> => {
    const flags = ['--config', config, '--data', data, '--admin-listen', admin, '--dp-listen', dataPlanes]
    const launched = await startOutlast(['cp', ...flags], {}, program)
    all.push(launched)
    return launched
  }
  return {
    data,
    adminUrl,
    dataPlaneUrl: `http://${dataPlanes}`,
    launch,
    async start(program) {
      const launched = await launch(program)
      await eventually('the Admin API answers', async () => {
        if (!launched.isAlive()) return 'it has ended'
        return (await revision()) > 0 && 'it answers'
      })
      if (launched.isAlive()) return launched
      throw new Error(`the control plane has ended:\n${launched.output()}`)
    },
    process() {
      const newest = all.at(-1)
      if (newest === undefined) throw new Error('no control plane was started')
      return newest
    },
    launched: () => all,
    put: async (resource, value) => {
      await ask(`/apisix/admin/${resource}`, { method: 'PUT', body: JSON.stringify(value) })
    },
    revision,
    readiness: async () => (await fetch(`${adminUrl}/status/ready`, { signal: AbortSignal.timeout(10_000) })).status,
  }
}

const keys = {
  deployment: { admin: { admin_key: [{ name: 'test', key: adminKey, role: 'admin' }] } },
  dp_manager: { tokens: [{ gateway_group: 'default', token: dataPlaneToken }] },
}
