import { freePort, type ServerProcess } from '@outlast/test-servers'
import { statusDetail, type StatusDetail } from '../../src/data-plane/status-server.ts'
import { eventually } from '../../src/demo/eventually.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'

/** A process of `outlast dp` or `outlast sidecar`. */
export interface StartedNode {
  readonly process: ServerProcess
  readonly statusUrl: string
  detail(): Promise<StatusDetail>
  isReady(): Promise<boolean>
  /** Resolves when it is ready; rejects with its output when that takes too long. */
  untilReady(): Promise<void>
}

export async function startNode(
  role: 'dp' | 'sidecar',
  options: {
    readonly config: string
    readonly data: string
    readonly environment?: Readonly<Record<string, string>> | undefined
  },
): Promise<StartedNode> {
  const address = `127.0.0.1:${await freePort()}`
  const http = role === 'dp' ? ['--http', `127.0.0.1:${await freePort()}`] : []
  const process = await startOutlast(
    [role, '--config', options.config, '--data', options.data, '--status', address, ...http],
    options.environment,
  )
  const statusUrl = `http://${address}`
  const isReady = async (): Promise<boolean> => (await fetch(`${statusUrl}/status/ready`)).ok
  return {
    process,
    statusUrl,
    detail: async () => statusDetail(statusUrl),
    isReady,
    async untilReady() {
      await eventually(`the ${role} is ready`, isReady).catch((error: unknown) => {
        throw new Error(`it does not come up:\n${process.output()}`, { cause: error })
      })
    },
  }
}
