import { readFile } from 'node:fs/promises'
import type { Entry } from '@outlast/snapshot'

/** Where data planes of the gateway group follow. */
export interface FollowedApi {
  readonly endpoint: string
  readonly prefix: string
  readonly token?: string | undefined
}

/** One of those that are compared, filled and serving. */
export interface Side {
  readonly name: string
  readonly api: FollowedApi
  /** Reads a page of 100 routes, the way its own clients do. */
  readonly listPage: () => Promise<void>
  /** Replaces a route that is there; resolves once that is durable. */
  readonly write: (entry: Entry) => Promise<void>
  /** Resident memory of its processes. */
  readonly memoryMiB: () => Promise<number>
  readonly stop: () => Promise<void>
}

export const pageSize = 100

export async function residentMiB(pids: readonly number[]): Promise<number> {
  const kilobytes = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${String(pid)}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
    }),
  )
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024
}
