import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type ServerProcess } from '@outlast/test-servers'
import { readCredentialsFile } from '../control-plane/credentials-file.ts'
import { errorText } from '../error-text.ts'
import { statusDetail, type StatusDetail } from '../data-plane/status-server.ts'
import { adminClient, type AdminClient } from './admin-client.ts'
import { eventually } from './eventually.ts'
import { startOutlast } from './outlast-process.ts'

export interface RunningDataPlane {
  readonly process: ServerProcess
  readonly url: string
  readonly statusUrl: string
  readonly data: string
  readonly config: string
  get(path: string): Promise<{ readonly status: number; readonly body: string }>
  detail(): Promise<StatusDetail>
  /** Ends with the status port refusing; the folder stays. */
  kill(): Promise<void>
}

/** One installation of real processes in a folder of its own: control plane and data planes on free ports. */
export interface Installation {
  readonly folder: string
  readonly admin: AdminClient
  readonly adminUrl: string
  startControlPlane(): Promise<ServerProcess>
  /** The one started last. */
  controlPlane(): ServerProcess
  /** What a data plane of the default group needs in its environment to follow the control plane. */
  dataPlaneEnvironment(): Promise<Readonly<Record<string, string>>>
  /** `config` is the file's path; a name used again finds the same disk again. */
  startDataPlane(name: string, config: string): Promise<RunningDataPlane>
  /** Ends every process; with `keep` the folder stays. */
  remove(options?: { readonly keep?: boolean }): Promise<void>
  /** The last output of every process, for error messages. */
  output(): string
}

export async function createInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-'))
  const processes = new Set<ServerProcess>()
  const ports = { admin: await freePort(), dp: await freePort() }
  const cpData = join(folder, 'cp')
  const credentialsPath = join(cpData, 'credentials.json')
  const adminUrl = `http://127.0.0.1:${ports.admin}`
  const admin = adminClient(adminUrl, credentialsPath)

  const start = async (commandLine: readonly string[], environment?: Readonly<Record<string, string>>) => {
    const process = await startOutlast(commandLine, environment)
    processes.add(process)
    return process
  }

  const dataPlaneEnvironment = async () => {
    const { dataPlaneToken } = await readCredentialsFile(credentialsPath)
    return {
      API7_CONTROL_PLANE_ENDPOINTS: JSON.stringify([`http://127.0.0.1:${ports.dp}`]),
      API7_CONTROL_PLANE_TOKEN: dataPlaneToken('default'),
    }
  }

  let newest: ServerProcess | undefined

  return {
    folder,
    admin,
    adminUrl,
    dataPlaneEnvironment,
    controlPlane() {
      if (!newest) throw new Error('no control plane was started')
      return newest
    },
    async startControlPlane() {
      const process = (newest = await start([
        'cp',
        '--config',
        join(folder, 'conf.yaml'),
        '--data',
        cpData,
        '--admin-listen',
        `127.0.0.1:${ports.admin}`,
        '--dp-listen',
        `127.0.0.1:${ports.dp}`,
      ]))
      await orOutput(process, eventually('the Admin API answers', admin.answers))
      return process
    },
    async startDataPlane(name, config) {
      const [http, status] = [await freePort(), await freePort()]
      const data = join(folder, name)
      const process = await start(
        ['dp', '--config', config, '--data', data, '--http', `127.0.0.1:${http}`, '--status', `127.0.0.1:${status}`],
        await dataPlaneEnvironment(),
      )
      const dataPlane = describeDataPlane({ process, data, config, http, status })
      await orOutput(
        process,
        eventually(`data plane ${name} is ready and listens`, async () => {
          const ready = await fetch(`${dataPlane.statusUrl}/status/ready`)
          return ready.ok && (await dataPlane.get('/')).status > 0
        }),
      )
      return dataPlane
    },
    async remove(options) {
      await Promise.all([...processes].map((process) => process.end('SIGKILL')))
      if (!options?.keep) await rm(folder, { recursive: true, force: true })
    },
    output: () => [...processes].map((process) => process.output()).join(''),
  }
}

function describeDataPlane(options: {
  readonly process: ServerProcess
  readonly data: string
  readonly config: string
  readonly http: number
  readonly status: number
}): RunningDataPlane {
  const url = `http://127.0.0.1:${options.http}`
  const statusUrl = `http://127.0.0.1:${options.status}`
  return {
    process: options.process,
    data: options.data,
    config: options.config,
    url,
    statusUrl,
    async get(path) {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })
      return { status: response.status, body: await response.text() }
    },
    detail: () => statusDetail(statusUrl),
    kill: () => options.process.end('SIGKILL'),
  }
}

// A process that fails to come up says why on its output.
async function orOutput<T>(process: ServerProcess, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    throw new Error(`${errorText(error)}\n${process.output()}`, { cause: error })
  }
}
