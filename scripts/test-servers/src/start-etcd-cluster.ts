import { freePort } from './free-port.ts'
import { startEtcd, type Etcd } from './start-etcd.ts'
import { startWithRetries } from './wait-until-ready.ts'

export interface EtcdClusterOptions {
  /** Default 3. */
  readonly members?: number | undefined
}

export interface EtcdMembers {
  /** In the order in which they were started, as they are now: a restart replaces one. */
  readonly members: readonly Etcd[]
  /** Base addresses of all members. */
  readonly endpoints: readonly string[]
  /** Which member leads, asking those that answer. Rejects when none of them knows. */
  leader(): Promise<number>
  /** Starts a member that was killed, with its data, at its address. Resolves when it answers: not before it has a majority. */
  restart(index: number): Promise<void>
  /** Ends all members and removes their folders. */
  stop(): Promise<void>
}

/** Starts a cluster of etcd members without fsync. Resolves when all of them answer. */
export async function startEtcdCluster({ members: size = 3 }: EtcdClusterOptions = {}): Promise<EtcdMembers> {
  return await startWithRetries(async () => {
    const names = Array.from({ length: size }, (_, index) => `member-${index}`)
    const peers = await Promise.all(names.map(async () => `http://127.0.0.1:${await freePort()}`))
    const flagsOf = (index: number): readonly string[] => [
      `--name=${names[index]}`,
      `--listen-peer-urls=${peers[index]}`,
      `--initial-advertise-peer-urls=${peers[index]}`,
      `--initial-cluster=${names.map((name, peer) => `${name}=${peers[peer]}`).join(',')}`,
      // On a busy machine members must not take each other for dead.
      '--heartbeat-interval=50',
      '--election-timeout=500',
    ]
    // None answers before most of them run.
    const starts = await Promise.allSettled(names.map(async (_, index) => startEtcd({ flags: flagsOf(index) })))
    const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const stopAll = async (servers: readonly Etcd[]): Promise<void> => {
      await Promise.all(servers.map((server) => server.stop()))
    }
    const failure = starts.find((start) => start.status === 'rejected')
    if (failure !== undefined) {
      await stopAll(started)
      throw failure.reason
    }

    const members = [...started]
    return {
      members,
      endpoints: started.map(({ endpoint }) => endpoint),
      async leader() {
        const answers = await Promise.allSettled(members.map(({ endpoint }) => statusOf(endpoint)))
        const index = answers.findIndex(
          (answer) => answer.status === 'fulfilled' && answer.value.leader === answer.value.member,
        )
        if (index === -1) throw new Error('no member of the etcd cluster leads')
        return index
      },
      async restart(index) {
        const before = members[index]
        if (before === undefined) throw new RangeError(`there is no member ${index}`)
        const { dataDir, clientPort } = before
        members[index] = await startEtcd({ dataDir, clientPort, flags: flagsOf(index) })
      },
      async stop() {
        await stopAll(members)
        // They own the folders, whatever has been restarted since.
        await stopAll(started)
      },
    }
  })
}

interface MemberStatus {
  readonly header: { readonly member_id: string }
  /** The id of the member that leads, as this one knows; absent when it knows of none. */
  readonly leader?: string
}

async function statusOf(endpoint: string): Promise<{ readonly member: string; readonly leader: string }> {
  const response = await fetch(`${endpoint}/v3/maintenance/status`, {
    method: 'POST',
    body: '{}',
    signal: AbortSignal.timeout(1_000),
  })
  const status: MemberStatus = JSON.parse(await response.text())
  return { member: status.header.member_id, leader: status.leader ?? '0' }
}
