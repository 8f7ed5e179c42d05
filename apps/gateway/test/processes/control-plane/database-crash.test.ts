import { startEtcdCluster, type EtcdMembers } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'

describeWithServer('etcd', 'a control plane on three members of etcd', () => {
  let stage: OutageStage
  let etcd: EtcdMembers

  beforeEach(async () => {
    ;[stage, etcd] = await Promise.all([createOutageStage(), startEtcdCluster()])
  })
  afterEach(async () => {
    await stage.remove()
    await etcd.stop()
  })

  it('crash of the database loses no request: data planes hold, new ones start from the backup, and all follow when it is back', async () => {
    const seat = await stage.seat('cp', { store: { etcd: { host: etcd.endpoints, timeout: 2 } } })
    await seat.start()
    await stage.putRoutes(seat)
    const node = await stage.startDataPlane('dp', { endpoints: [seat.dataPlaneUrl] })
    const load = stage.load(node)
    await stage.expectFollowing(seat, [node])
    await stage.untilExported(seat)

    // One is left, and knows that it must not decide anything alone.
    await Promise.all(etcd.members.slice(0, 2).map(async (member) => member.kill()))
    await expect(stage.put(seat, '/headers')).rejects.toThrow(/routes\/change: 50\d /)
    await eventually('the control plane says so', async () => (await seat.readiness()) === 503)
    await eventually('the data plane goes without it', async () => (await node.detail()).mode !== 'live')
    const fresh = await stage.startDataPlane('fresh', { endpoints: [seat.dataPlaneUrl] })
    expect(await fresh.detail()).toMatchObject({ mode: 'standalone' })

    await Promise.all([etcd.restart(0), etcd.restart(1)])
    await stage.expectFollowing(seat, [node, fresh])
    await eventually('the control plane says so', async () => (await seat.readiness()) === 200)
    for (const each of [node, fresh]) await eventually('it is live', async () => (await each.detail()).mode === 'live')
    expect(seat.launched()).toHaveLength(1)
    expect(seat.process().isAlive()).toBe(true)
    await expectNothingLost(load)
  })
})
