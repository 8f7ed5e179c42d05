import { writeFile } from 'node:fs/promises'
import { freePort, type ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { startOutlast } from '../../../src/demo/outlast-process.ts'
import { dataPlaneToken, type ControlPlaneSeat } from './control-plane-seat.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'
import { pinnedReleases, unpackRelease } from './pinned-releases.ts'

type Release = 'this release' | 'the pinned one'
const crossing: readonly (readonly [Release, Release])[] = [
  ['this release', 'the pinned one'],
  ['the pinned one', 'this release'],
]

describe.each(pinnedReleases)('this release and %s, which is pinned', (name) => {
  let stage: OutageStage
  let seat: ControlPlaneSeat
  /** `undefined` runs this release. */
  let programs: Readonly<Record<Release, string | undefined>>

  beforeEach(async () => {
    stage = await createOutageStage()
    seat = await stage.seat('cp')
    programs = { 'this release': undefined, 'the pinned one': await unpackRelease(name, stage.file('release')) }
  })
  afterEach(async () => stage.remove())

  const startDataPlane = async (folder: string, release: Release, followed = seat) =>
    stage.startDataPlane(folder, { endpoints: [followed.dataPlaneUrl], program: programs[release] })

  it('upgrade of the control plane, back, and once more, loses no request, and data planes of both follow it', async () => {
    await seat.start(programs['the pinned one'])
    await stage.putRoutes(seat)
    const nodes = [await startDataPlane('one', 'the pinned one'), await startDataPlane('other', 'this release')]
    const loads = nodes.map((node) => stage.load(node))
    await stage.expectFollowing(seat, nodes)
    let revision = await seat.revision()
    for (const release of ['this release', 'the pinned one', 'this release'] as const) {
      await seat.process().end('SIGTERM')
      expect(seat.process().exitCode()).toBe(0)
      await seat.start(programs[release])
      expect(await seat.revision()).toBeGreaterThanOrEqual(revision)
      await stage.expectFollowing(seat, nodes)
      for (const node of nodes) await eventually('it is live', async () => (await node.detail()).mode === 'live')
      await stage.untilExported(seat)
      revision = await seat.revision()
    }
    for (const load of loads) await expectNothingLost(load)
  })

  it.each(crossing)('what a control plane of %s has exported starts a data plane of %s', async (exporter, follower) => {
    await seat.start(programs[exporter])
    await stage.putRoutes(seat)
    await stage.untilExported(seat)
    await seat.process().end('SIGKILL')
    const node = await startDataPlane('dp', follower)
    expect(await node.detail()).toMatchObject({ mode: 'standalone', quarantined: [] })
  })

  it.each(crossing)(
    'what a data plane of %s has on its disk starts one of %s, without control plane or backup',
    async (before, after) => {
      await seat.start()
      await stage.putRoutes(seat)
      const first = await startDataPlane('dp', before)
      await eventually('it has a copy', async () => (await first.detail()).sources.local?.lastSuccessAt)
      await first.process.end('SIGTERM')
      await seat.process().end('SIGKILL')
      await stage.loseBackup()
      const second = await startDataPlane('dp', after)
      expect(await second.detail()).toMatchObject({ mode: 'standalone', quarantined: [] })
    },
  )

  it.each(crossing)('an exporter of %s backs up a control plane of %s, for data planes of both', async (own, other) => {
    const followed = await stage.seat('without-backup', { fallback_cp: undefined })
    await followed.start(programs[other])
    await stage.putRoutes(followed)
    const exporter = await startExporter(followed, own)
    try {
      await stage.untilExported(followed)
      await followed.process().end('SIGKILL')
      for (const release of crossing.map(([first]) => first)) {
        const node = await startDataPlane(release, release, followed)
        expect(await node.detail()).toMatchObject({ mode: 'standalone', quarantined: [] })
      }
    } finally {
      await exporter.end('SIGKILL')
    }
  })

  async function startExporter(followed: ControlPlaneSeat, release: Release): Promise<ServerProcess> {
    const config = stage.file('exporter.yaml')
    const fallback_cp = { mode: 'write', interval: 1, filesystem: { path: stage.backup } }
    await writeFile(config, JSON.stringify({ deployment: { fallback_cp } }))
    const environment = {
      API7_CONTROL_PLANE_ENDPOINTS: JSON.stringify([followed.dataPlaneUrl]),
      API7_CONTROL_PLANE_TOKEN: dataPlaneToken,
    }
    const flags = ['-c', config, '--status', `127.0.0.1:${await freePort()}`]
    return startOutlast(['exporter', ...flags], environment, programs[release])
  }
})
