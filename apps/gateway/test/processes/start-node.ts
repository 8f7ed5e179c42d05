import { freePort, type ServerProcess } from '@outlast/test-servers'
import { statusDetail, type StatusDetail } from '../../src/data-plane/status-server.ts'
import { eventually } from '../../src/demo/eventually.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'

/** A process of `outlast dp` or `outlast sidecar`. */
export interface StartedNode {
  readonly process: ServerProcess
  /** Where a data plane proxies. */
  readonly url: string
  readonly statusUrl: string
  /** The status of its answer. */
  get(path: string): Promise<number>
  detail(): Promise<StatusDetail>
  isReady(): Promise<boolean>
  /** Resolves when it is ready and says what it runs; rejects with its output when that takes too long. */
  untilReady(): Promise<void>
}

export async function startNode(
  role: 'dp' | 'sidecar',
  options: {
    readonly config: string
    readonly data: string
    readonly environment?: Readonly<Record<string, string>> | undefined
    /** Of another release than this one. */
    readonly program?: string | undefined
  },
): Promise<StartedNode> {
  const address = `127.0.0.1:${await freePort()}`
  const proxy = `127.0.0.1:${await freePort()}`
  const http = role === 'dp' ? ['--http', proxy] : []
  const process = await startOutlast(
    [role, '--config', options.config, '--data', options.data, '--status', address, ...http],
    options.environment,
    options.program,
  )
  const url = `http://${proxy}`
  const statusUrl = `http://${address}`
  const isReady = async (): Promise<boolean> => (await fetch(`${statusUrl}/status/ready`)).ok
  return {
    process,
    url,
    statusUrl,
    get: async (path) => (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })).status,
    detail: async () => statusDetail(statusUrl),
    isReady,
    async untilReady() {
      // A sidecar is ready as soon as its APISIX has a configuration, and a moment later says where it came from.
      const saysWhatItRuns = async (): Promise<boolean> => (await statusDetail(statusUrl)).mode !== 'starting'
      await eventually(`the ${role} is ready`, async () => (await isReady()) && (await saysWhatItRuns())).catch(
        (error: unknown) => {
          throw new Error(`it does not come up:\n${process.output()}`, { cause: error })
        },
      )
    },
  }
}
