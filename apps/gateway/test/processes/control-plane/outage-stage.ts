import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHttpUpstream, startSteadyLoad, type SteadyLoad } from '@outlast/test-servers'
import { expect } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { startNode, type StartedNode } from '../start-node.ts'
import { exportWatch } from './export-watch.ts'
import { storedConfiguration } from './stored-configuration.ts'
import { controlPlaneSeat, dataPlaneToken, type ControlPlaneSeat } from './control-plane-seat.ts'

/** Control planes and data planes as processes, with a backup in a folder and an upstream. */
export interface OutageStage {
  /** A path in a folder of its own. */
  file(name: string): string
  /** Where the backup is. */
  readonly backup: string
  /** A place for a control plane that exports every second. `more` stands in its file. */
  seat(name: string, more?: object): Promise<ControlPlaneSeat>
  /** Starts a data plane and waits until it is ready. `endpoints` are those of its control planes. */
  startDataPlane(
    name: string,
    options: { readonly endpoints: readonly string[]; readonly program?: string | undefined },
  ): Promise<StartedNode>
  /** Resolves when the backup holds what the control plane holds. */
  untilExported(seat: ControlPlaneSeat): Promise<void>
  /** Makes a change that no load is about: this path of the upstream is served. Throws when it is not taken. */
  put(seat: ControlPlaneSeat, path: string): Promise<void>
  /** Makes such a change, as often as it takes. Resolves with the path that answers 200 when it is in effect. */
  change(seat: ControlPlaneSeat): Promise<string>
  /** Makes such a change, and waits until every node serves it. */
  expectFollowing(seat: ControlPlaneSeat, nodes: readonly StartedNode[]): Promise<void>
  /** Nobody has it any more. */
  loseBackup(): Promise<void>
  /** Requests for a route that is there from the first `putRoutes` on. */
  load(node: StartedNode): SteadyLoad
  putRoutes(seat: ControlPlaneSeat): Promise<void>
  /** Ends all processes. */
  remove(): Promise<void>
}

export async function createOutageStage(): Promise<OutageStage> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-outage-'))
  const upstream = await startHttpUpstream()
  const file = (name: string): string => join(folder, name)
  const backup = file('backup')
  const seats: ControlPlaneSeat[] = []
  const nodes: StartedNode[] = []
  let changes = 0

  const route = (uri: string): object => ({
    uri,
    upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
  })
  const put = async (seat: ControlPlaneSeat, path: string): Promise<void> => seat.put('routes/change', route(path))
  const change = async (seat: ControlPlaneSeat): Promise<string> => {
    changes += 1
    const path = `/bytes/${changes}`
    // An answer may get lost on its way, and a control plane that has just returned may be busy.
    await eventually('the change is taken', async () => {
      await put(seat, path)
      return true
    })
    return path
  }
  await writeFile(
    file('data-plane.yaml'),
    JSON.stringify({
      deployment: {
        role_data_plane: { return_jitter: 0 },
        fallback_cp: { interval: 1, filesystem: { path: backup } },
      },
      plugin_attr: { prometheus: { enable_export_server: false } },
    }),
  )
  return {
    file,
    backup,
    async seat(name, more = {}) {
      const fallback_cp = { cron_spec: '@every 1s', filesystem: { path: backup } }
      const seat = await controlPlaneSeat({ path: file(name), configuration: { fallback_cp, ...more } })
      seats.push(seat)
      return seat
    },
    async startDataPlane(name, { endpoints, program }) {
      const environment = {
        API7_CONTROL_PLANE_ENDPOINTS: JSON.stringify(endpoints),
        API7_CONTROL_PLANE_TOKEN: dataPlaneToken,
      }
      const node = await startNode('dp', { config: file('data-plane.yaml'), data: file(name), environment, program })
      nodes.push(node)
      await node.untilReady()
      await eventually('it serves', async () => (await node.get('/ip')) === 200)
      return node
    },
    async untilExported(seat) {
      const exports = exportWatch(backup)
      await eventually('the backup holds it', async () => {
        await exports.expectConsistent(seat.dataPlaneUrl)
        return exports.hasLast((await storedConfiguration(seat.dataPlaneUrl)).resources)
      })
    },
    put,
    change,
    async expectFollowing(seat, followers) {
      const path = await change(seat)
      for (const node of followers) {
        await eventually(`${path} is served`, async () => (await node.get(path)) === 200).catch((error: unknown) => {
          throw new Error(`the data plane does not follow:\n${node.process.output()}`, { cause: error })
        })
      }
    },
    loseBackup: async () => rm(backup, { recursive: true }),
    load: (node) => startSteadyLoad({ url: `${node.url}/ip`, ratePerSecond: 100 }),
    putRoutes: async (seat) => seat.put('routes/ip', route('/ip')),
    async remove() {
      const processes = [...nodes.map((node) => node.process), ...seats.flatMap((seat) => seat.launched())]
      await Promise.all(processes.map(async (process) => process.end('SIGKILL')))
      await upstream.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Ends the load. Every request of it was answered, and rightly. */
export async function expectNothingLost(load: SteadyLoad): Promise<void> {
  const { sent, correct, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThan(0)
  expect(correct).toBe(sent)
}
