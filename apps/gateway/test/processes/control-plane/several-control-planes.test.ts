import { chaosProxy, type ChaosProxy } from '@outlast/storage-testkit'
import { startEtcdCluster, type EtcdMembers } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { below, etcdClient } from '../../control-plane/etcd-client.ts'
import { eventually } from '../../../src/demo/eventually.ts'
import { exportWatch } from './export-watch.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'
import { createWriteLedger, startWriters } from './start-writers.ts'
import { storedConfiguration } from './stored-configuration.ts'

/** How one of two goes, each time: killed, or replaced as in an upgrade. */
const ends = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const
/** What the stage writes, and no writer. */
const stageOwn: ReadonlySet<string> = new Set(['routes/ip', 'routes/change'])
const byWriters = (resources: ReadonlyMap<string, object>): ReadonlyMap<string, object> =>
  new Map([...resources].filter(([key]) => !stageOwn.has(key)))

describeWithServer('etcd', 'control planes on one etcd', () => {
  let stage: OutageStage
  let etcd: EtcdMembers
  const networks: ChaosProxy[] = []

  beforeEach(async () => {
    ;[stage, etcd] = await Promise.all([createOutageStage(), startEtcdCluster()])
  })
  afterEach(async () => {
    await stage.remove()
    await Promise.all(networks.splice(0).map(async (network) => network.stop()))
    await etcd.stop()
  })

  it('are two, and either can be killed or replaced: no acknowledged write is lost, one line of snapshots, and data planes follow', async () => {
    const store = { etcd: { host: etcd.endpoints, timeout: 5 } }
    const seats = [await stage.seat('one', { store }), await stage.seat('other', { store })] as const
    // At the same moment, on an etcd that is empty.
    await Promise.all(seats.map(async (seat) => seat.start()))
    const keyrings = await etcdClient(etcd.endpoints[0] ?? '').post(
      '/v3/kv/range',
      below('/gateway_groups/default/keyring/'),
    )
    expect(keyrings.body.kvs).toHaveLength(1)
    const generated = seats.filter((seat) => seat.process().output().includes('generated a keyring'))
    expect(generated).toHaveLength(1)

    await stage.putRoutes(seats[0])
    const node = await stage.startDataPlane('dp', { endpoints: seats.map((seat) => seat.dataPlaneUrl) })
    const load = stage.load(node)
    const ledger = createWriteLedger()
    const exports = exportWatch(stage.backup)
    for (const end of ends) {
      const gone = seats[Math.random() < 0.5 ? 0 : 1]
      const left = seats[gone === seats[0] ? 1 : 0]
      const writers = startWriters(
        ledger,
        seats.map((seat) => seat.adminUrl),
      )
      const before = ledger.acknowledged
      await eventually('writes are acknowledged', async () => ledger.acknowledged > before)
      await sleep(Math.random() * 500)
      await gone.process().end(end)
      const since = ledger.acknowledged
      await eventually('they still are', async () => ledger.acknowledged > since + 4)
      await stage.expectFollowing(left, [node])
      await writers.stop()
      expect(writers.contradictions).toEqual([])

      const { resources } = await storedConfiguration(left.dataPlaneUrl)
      expect(ledger.contradictions(byWriters(resources))).toEqual([])
      await exports.expectConsistent(left.dataPlaneUrl)
      await gone.start()
      expect((await storedConfiguration(gone.dataPlaneUrl)).resources).toEqual(resources)
    }
    await eventually('the last state is exported', async () => {
      await exports.expectConsistent(seats[0].dataPlaneUrl)
      return exports.hasLast((await storedConfiguration(seats[0].dataPlaneUrl)).resources)
    })
    for (const seat of seats) {
      await seat.process().end('SIGTERM')
      expect(seat.process().exitCode()).toBe(0)
    }
    await expectNothingLost(load)
  })

  it('serve on while one member of three is killed and another is cut off, from them or from everybody', async () => {
    for (const { hostname: host, port } of etcd.endpoints.map((endpoint) => new URL(endpoint)))
      networks.push(await chaosProxy({ upstream: { host, port: Number(port) } }))
    const host = networks.map((network) => `http://${network.host}:${network.port}`)
    const seat = await stage.seat('cp', { store: { etcd: { host, timeout: 5 } } })
    await seat.start()
    await stage.putRoutes(seat)
    const node = await stage.startDataPlane('dp', { endpoints: [seat.dataPlaneUrl] })
    const load = stage.load(node)
    const ledger = createWriteLedger()
    const writers = startWriters(ledger, [seat.adminUrl])
    const expectServing = async (): Promise<void> => {
      const before = ledger.acknowledged
      await eventually('writes are acknowledged', async () => ledger.acknowledged > before + 20)
      await stage.expectFollowing(seat, [node])
    }
    await expectServing()

    const killed = await etcd.leader()
    await etcd.members[killed]?.kill()
    await expectServing()
    for (const network of networks.filter((_, index) => index !== killed)) {
      await network.set('black-hole')
      await expectServing()
      await network.set('pass')
    }
    await etcd.restart(killed)
    const frozen = await etcd.leader()
    etcd.members[frozen]?.pause()
    await expectServing()
    etcd.members[frozen]?.resume()
    await expectServing()

    await writers.stop()
    expect(writers.contradictions).toEqual([])
    const { resources } = await storedConfiguration(seat.dataPlaneUrl)
    expect(ledger.contradictions(byWriters(resources))).toEqual([])
    expect(seat.launched()).toHaveLength(1)
    await eventually('it is live', async () => (await node.detail()).mode === 'live')
    await expectNothingLost(load)
  })
})
