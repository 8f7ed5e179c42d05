import { freePort } from './free-port.ts'
import { scratchFolder } from './scratch-folder.ts'
import { requireServer } from './server-catalogue.ts'
import { startServerProcess } from './server-process.ts'
import { startWithRetries, waitForHttp } from './wait-until-ready.ts'

export interface EtcdOptions {
  /** Where etcd keeps its data; kept by `stop`. Default: a scratch folder that `stop` removes. */
  readonly dataDir?: string | undefined
  /** For a restart at the same address. Default: a free port. */
  readonly clientPort?: number | undefined
  /** More command line flags, such as `--auto-compaction-retention=1`. */
  readonly flags?: readonly string[] | undefined
}

export interface Etcd {
  /** `http://127.0.0.1:PORT`, also the base of the JSON API. */
  readonly endpoint: string
  readonly clientPort: number
  readonly dataDir: string
  readonly pid: number
  /** SIGSTOP: connections are accepted and nothing is answered. */
  pause(): void
  resume(): void
  /** SIGKILL; the data folder stays for a restart. */
  kill(): Promise<void>
  /** Ends the process and removes the scratch folder. */
  stop(): Promise<void>
}

/** Starts a single-node etcd without fsync. Resolves when it answers. */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  requireServer('etcd')
  const scratch = options.dataDir === undefined ? await scratchFolder('etcd') : undefined
  const dataDir = options.dataDir ?? `${scratch?.path}/data`
  try {
    return await startWithRetries(async () => {
      const clientPort = options.clientPort ?? (await freePort())
      const endpoint = `http://127.0.0.1:${clientPort}`
      const peerUrl = `http://127.0.0.1:${await freePort()}`
      const flags = [
        '--name=test',
        `--data-dir=${dataDir}`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=test=${peerUrl}`,
        // Even a cluster of one waits for an election, by default a second.
        '--heartbeat-interval=20',
        '--election-timeout=100',
        '--logger=zap',
        '--log-level=error',
        '--unsafe-no-fsync',
        ...(options.flags ?? []),
      ]
      const server = await startServerProcess('etcd', flags, { scratchPath: scratch?.path })
      await waitForHttp(server, `${endpoint}/health`, 'etcd')
      return {
        endpoint,
        clientPort,
        dataDir,
        pid: server.pid,
        pause: () => server.signal('SIGSTOP'),
        resume: () => server.signal('SIGCONT'),
        kill: () => server.end('SIGKILL'),
        async stop() {
          await server.end('SIGKILL')
          await scratch?.remove()
        },
      }
    })
  } catch (error) {
    await scratch?.remove()
    throw error
  }
}
