import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { freePort, startServerProcess, type ServerProcess } from '@outlast/test-servers'
import { z } from 'zod'
import { eventually } from '../../../src/demo/eventually.ts'
import { statusDetail, type StatusDetail } from '../../../src/data-plane/status-server.ts'
import type { Backups } from './backups.ts'
import { etcdPrefix } from './control-planes.ts'

export interface MatrixNodeOptions {
  /** Its `--data`; its configuration file is beside it. */
  readonly data: string
  /** `host:port`. */
  readonly controlPlane: string
  /** Seconds after which a request to the control plane is given up. */
  readonly timeout: number
  /** Seconds that a start waits for who is silent. */
  readonly bootTimeout: number
  readonly store: {
    readonly endpoint: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly bucket: Backups['bucket']
    /** See `Backups`. */
    readonly place: string
  }
}

/** A process of `outlast dp`. */
export interface MatrixNode {
  readonly process: ServerProcess
  readonly url: string
  detail(): Promise<StatusDetail>
  isReady(): Promise<boolean>
  /** The body of an answer with status 200; otherwise the status. */
  get(path: string): Promise<string>
  /** The first mode after `starting`, and the name of the source then, as its log has it. */
  begunIn(): { readonly mode: string; readonly source: string } | undefined
}

const program = fileURLToPath(new URL('../../../bin/outlast.js', import.meta.url))

/** Root can write where nobody may, unless it gives that power up: then folders can be read-only for this process too. */
const asOthers = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', '--'] : []

export async function startMatrixNode(options: MatrixNodeOptions): Promise<MatrixNode> {
  const { data } = options
  const config = `${data}.yaml`
  await writeFile(config, JSON.stringify(configuration(options)))
  const [http, status] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const [command = '', ...commandLine] = asOthers.concat(
    [process.execPath, program, 'dp', '--config', config, '--data', data],
    ['--http', http, '--status', status],
  )
  const node = await startServerProcess(command, commandLine)
  const url = `http://${http}`
  const statusUrl = `http://${status}`
  return {
    process: node,
    url,
    detail: () => statusDetail(statusUrl),
    isReady: async () => (await fetch(`${statusUrl}/status/ready`, { signal: AbortSignal.timeout(5_000) })).ok,
    async get(path) {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })
      const body = await response.text()
      return response.ok ? body : String(response.status)
    },
    begunIn() {
      const lines = node.output().split('\n')
      const change = lines.map(modeChange).find((found) => found?.from === 'starting')
      return change && { mode: change.to, source: change.source }
    },
  }
}

/** Far beyond anything that a node does: other tests may have the machine meanwhile. */
const patienceMs = 60_000

/** Waits until it is so. Throws with the node's output when it ends before, or it takes too long. */
export async function untilNode(
  node: MatrixNode,
  what: string,
  isSo: (node: MatrixNode) => boolean | Promise<boolean>,
): Promise<void> {
  const hasEnded = (): boolean => !node.process.isAlive()
  const check = async (): Promise<boolean> => hasEnded() || (await isSo(node))
  const found = await eventually(what, check, patienceMs).catch((error: unknown) => error)
  if (found === true && !hasEnded()) return
  throw new Error(`not so: ${what}; the node says:\n${node.process.output()}`, { cause: found })
}

/** Waits until it is ready and listens. */
export async function untilServing(node: MatrixNode): Promise<void> {
  await untilNode(node, 'it is ready and listens', async () => (await node.isReady()) && (await node.get('/')) !== '')
}

function configuration({ controlPlane, timeout, bootTimeout, store }: MatrixNodeOptions): object {
  const { bucket, place } = store
  return {
    deployment: {
      // Others have a node return at some moment of the next seconds.
      role_data_plane: { boot_timeout: bootTimeout, return_jitter: 0 },
      etcd: { host: [`http://${controlPlane}`], prefix: etcdPrefix, timeout },
      fallback_cp: {
        interval: 1,
        aws_s3: {
          access_key: store.accessKeyId,
          secret_key: store.secretAccessKey,
          config_bucket: bucket,
          resource_bucket: bucket,
          prefix: place,
          endpoint: store.endpoint,
        },
      },
    },
    nginx_config: { error_log_level: 'info' },
    plugin_attr: { prometheus: { enable_export_server: false } },
  }
}

const modeChangeSchema = z.object({
  msg: z.literal('mode changed'),
  from: z.string(),
  to: z.string(),
  source: z.string(),
})

function modeChange(line: string): z.infer<typeof modeChangeSchema> | undefined {
  try {
    return modeChangeSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined // not a line of the log, or its beginning is gone
  }
}
