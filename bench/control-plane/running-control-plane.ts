import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, startServerProcess, type ServerProcess } from '@outlast/test-servers'
import type { Entry } from '@outlast/snapshot'
import { pageSize, type FollowedApi } from './side.ts'

const outlast = fileURLToPath(new URL('../../apps/gateway/bin/outlast.js', import.meta.url))
const adminKey = 'an-admin-key-of-a-bench'
const token = 'a-data-plane-token-of-a-bench'
const startLimitMs = 60_000

/** The real command, as a process of its own, on free ports. */
export interface RunningControlPlane {
  readonly api: FollowedApi
  readonly pid: () => number
  readonly listPage: () => Promise<void>
  readonly write: (entry: Entry) => Promise<void>
  /** Any request of the Admin API. */
  readonly call: (method: string, path: string, body?: object) => Promise<void>
  readonly kill: () => Promise<void>
  /** At the same ports. Resolves when the Admin API answers. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** `fill` is given the file of the embedded store before the start; `store` is the block of that name, in YAML. */
export async function runControlPlane(options: {
  readonly store?: string | undefined
  readonly fill?: ((databasePath: string) => Promise<void>) | undefined
}): Promise<RunningControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-bench-'))
  const [admin, followed] = [await freePort(), await freePort()]
  const config = join(folder, 'conf.yaml')
  const data = join(folder, 'data')
  await options.fill?.(join(data, 'control-plane.db'))
  await writeFile(
    config,
    [
      'deployment:',
      `  admin: { admin_listen: { port: ${String(admin)} }, admin_key: [{ name: bench, key: ${adminKey}, role: admin }] }`,
      `dp_manager: { http: { port: ${String(followed)} }, tokens: [{ gateway_group: default, token: ${token} }] }`,
      ...(options.store === undefined ? [] : [`store: ${options.store}`]),
      '',
    ].join('\n'),
  )
  const adminUrl = `http://127.0.0.1:${String(admin)}`
  let running: ServerProcess | undefined

  const ask = async (path: string, init: RequestInit = {}): Promise<void> => {
    const response = await fetch(`${adminUrl}${path}`, { ...init, headers: { 'x-api-key': adminKey } })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${String(response.status)}: ${text.slice(0, 200)}`)
  }
  const start = async (): Promise<void> => {
    const started = await startServerProcess(process.execPath, [outlast, 'cp', '--config', config, '--data', data], {
      environment: { PATH: process.env['PATH'] },
    })
    running = started
    const begunAt = Date.now()
    for (;;) {
      if (
        await ask('/apisix/admin/routes?page=1&page_size=10').then(
          () => true,
          () => false,
        )
      )
        return
      if (!started.isAlive() || Date.now() - begunAt > startLimitMs) {
        throw new Error(`the control plane did not start: ${started.output()}`)
      }
      await sleep(10)
    }
  }
  const stop = async (): Promise<void> => {
    await running?.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    api: { endpoint: `http://127.0.0.1:${String(followed)}`, prefix: '/gateway_groups/default', token },
    pid: () => running?.pid ?? 0,
    listPage: async () => ask(`/apisix/admin/routes?page=2&page_size=${String(pageSize)}`),
    write: async ({ kind, id, value }) => {
      // Times are the control plane's to give.
      const body = JSON.stringify(value, (name, member: unknown) => (name.endsWith('_time') ? undefined : member))
      await ask(`/apisix/admin/${kind}/${id}`, { method: 'PUT', body })
    },
    call: async (method, path, body) =>
      ask(`/apisix/admin/${path}`, { method, ...(body && { body: JSON.stringify(body) }) }),
    kill: async () => {
      await running?.end('SIGKILL')
    },
    start,
    stop,
  }
}
