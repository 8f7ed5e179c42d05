import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { startHttpUpstream, startSteadyLoad, type SteadyLoad } from '@outlast/test-servers'
import { snapshotStore, untilAborted } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { errorText } from '../error-text.ts'
import { eventually } from './eventually.ts'
import { createInstallation, type RunningDataPlane } from './installation.ts'

export interface DemoOptions {
  readonly keep: boolean
  readonly write: (line: string) => void
  /** Aborted to stop; what was started is cleaned up then too. */
  readonly signal: AbortSignal
}

/**
 * Control plane → backup → control plane killed → a fresh data plane recovers from the backup → control plane returns.
 * Real processes and real traffic. Resolves with whether every step held; rejects with the reason of its signal; cleans up
 * in any case.
 */
export async function runDemo({ keep, write, signal }: DemoOptions): Promise<boolean> {
  const startedAt = performance.now()
  const step = stepper(write, signal)
  const upstream = await startHttpUpstream()
  const installation = await createInstallation()
  const { folder, admin } = installation
  const backup = join(folder, 'backup')
  const config = join(folder, 'config.yaml')
  const route = (path: string) => ({
    uri: path,
    upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
  })
  const answers = (dataPlane: RunningDataPlane, path: string) =>
    eventually(`GET ${path} answers 200`, async () => (await dataPlane.get(path)).status === 200)

  let load: SteadyLoad | undefined

  try {
    await writeFile(
      join(folder, 'conf.yaml'),
      `fallback_cp:\n  cron_spec: '@every 1s'\n  filesystem:\n    path: ${JSON.stringify(backup)}\n`,
    )
    await writeFile(
      config,
      `deployment:\n  role: data_plane\n  fallback_cp:\n    filesystem:\n      path: ${JSON.stringify(backup)}\n`,
    )
    write(styleText('bold', 'Outlast demo: a gateway that outlasts its control plane'))
    write(`folder ${folder}`)

    const controlPlane = await step('a control plane starts, with an empty configuration', () =>
      installation.startControlPlane(),
    )
    await step('a route is created: /ip → a real HTTP server', () => admin.put('routes/ip', route('/ip')))
    const first = await step('a data plane starts, follows the control plane and answers /ip', async () => {
      const dataPlane = await installation.startDataPlane('dp-1', config)
      await answers(dataPlane, '/ip')
      return dataPlane
    })
    await step('the backup holds the route', () => backupHolds(backup, 'ip'))

    const running = (load = startSteadyLoad({ url: `${first.url}/ip`, ratePerSecond: 200 }))
    const killedAt = await step('200 requests a second flow, and the control plane is killed (SIGKILL)', async () => {
      await sleep(5_000, undefined, { signal })
      await controlPlane.end('SIGKILL')
      return performance.now()
    })
    const second = await step(
      'a fresh data plane with an empty disk starts from the backup and answers /ip',
      async () => {
        const dataPlane = await installation.startDataPlane('dp-2', config)
        await answers(dataPlane, '/ip')
        return dataPlane
      },
    )
    await step('ten seconds later every request has been answered', async () => {
      await sleep(killedAt + 10_000 - performance.now(), undefined, { signal })
      expectAllCorrect(running.counts())
    })
    await step('the control plane returns; a new route reaches both data planes by itself', async () => {
      await installation.startControlPlane()
      await admin.put('routes/headers', route('/headers'))
      await Promise.all([answers(first, '/headers'), answers(second, '/headers')])
    })
    await step('no request was lost', async () => {
      await sleep(5_000, undefined, { signal })
      const { sent, correct, failures } = await running.stop()
      expectAllCorrect({ sent, failed: sent - correct, failures })
      return `${sent} sent, ${correct} correct`
    })
    write(styleText(['bold', 'green'], `HELD: every step, in ${seconds(startedAt)}`))
    return true
  } catch (error) {
    signal.throwIfAborted()
    write(styleText(['bold', 'red'], `NOT HELD: ${errorText(error)}`))
    write(installation.output())
    return false
  } finally {
    await installation.remove({ keep })
    await load?.stop()
    await upstream.stop()
    if (keep) write(`kept ${folder}`)
  }
}

function stepper(write: (line: string) => void, signal: AbortSignal) {
  return async <T>(title: string, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    try {
      const result = await untilAborted(run(), signal)
      const detail = typeof result === 'string' ? `: ${result}` : ''
      write(`${styleText('green', '✓')} ${title}${detail} ${styleText('dim', `(${seconds(startedAt)})`)}`)
      return result
    } catch (error) {
      write(`${styleText('red', '✗')} ${title} ${styleText('dim', `(${seconds(startedAt)})`)}`)
      throw error
    }
  }
}

function expectAllCorrect(load: {
  readonly sent: number
  readonly failed: number
  readonly failures?: readonly object[]
}): void {
  if (load.sent > 0 && load.failed === 0) return
  throw new Error(`${load.failed} of ${load.sent} requests failed: ${JSON.stringify(load.failures?.slice(0, 3) ?? [])}`)
}

async function backupHolds(path: string, route: string): Promise<void> {
  const storage = fsStorage({ path })
  const { resources } = snapshotStore({ group: 'default', instance: storage, resources: storage })
  await eventually(`the backup holds route ${route}`, async () => {
    const latest = await resources.latest()
    if (!latest) return false
    const { entries } = await resources.load(latest.manifest)
    return entries.some((entry) => entry.kind === 'routes' && entry.id === route)
  })
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
