import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { cephConfiguration, cephKmsKeyId } from './ceph-configuration.ts'
import { createS3Bucket } from './create-s3-bucket.ts'
import { freePort } from './free-port.ts'
import { scratchFolder } from './scratch-folder.ts'
import { requireServer } from './server-catalogue.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'
import { startWithRetries, waitForHttp } from './wait-until-ready.ts'

const run = promisify(execFile)
const commandTimeoutMs = 30_000

export interface RadosgwUser {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** A bucket of this user, which no other may use. */
  createBucket(name: string): Promise<void>
  /** From now on whatever is asked with its keys is answered with 403, until `enable`. */
  suspend(): Promise<void>
  enable(): Promise<void>
}

export interface Radosgw {
  /** `http://127.0.0.1:PORT`, for path-style requests. */
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** The one key that it has for SSE-KMS. */
  readonly kmsKeyId: string
  createBucket(name: string): Promise<void>
  /** Another user, for a test that has to be refused. */
  createUser(name: string): Promise<RadosgwUser>
  /** SIGSTOP: connections are accepted and nothing is answered. */
  pause(): void
  resume(): void
  /** Kills the radosgw, as a crash does: connections are refused, and the data stays. */
  kill(): Promise<void>
  /** Starts it again, at the same address. */
  restart(): Promise<void>
  /** Kills the three daemons and removes all data. */
  stop(): Promise<void>
}

/** Starts a Ceph cluster of one monitor, one OSD in memory and one radosgw, with one user. Takes 1 to 3 s. */
export async function startRadosgw(): Promise<Radosgw> {
  requireServer('radosgw')
  return await startWithRetries(startCluster)
}

async function startCluster(): Promise<Radosgw> {
  const scratch = await scratchFolder('ceph')
  const folder = scratch.path
  const started: ServerProcess[] = []
  const stop = async () => {
    await Promise.all(started.map((daemon) => daemon.end('SIGKILL')))
    await scratch.remove()
  }
  try {
    const clusterId = randomUUID()
    const monitorPort = await freePort()
    const gatewayPort = await freePort()
    const configuration = `${folder}/ceph.conf`
    const environment = { ...process.env, CEPH_CONF: configuration }
    const command = (program: string, ...commandArguments: string[]) =>
      run(program, commandArguments, { env: environment, timeout: commandTimeoutMs })
    const daemon = async (program: string, ...daemonArguments: string[]) => {
      const server = await startServerProcess(program, daemonArguments, { environment, scratchPath: folder })
      started.push(server)
      return server
    }

    await Promise.all(['mon', 'osd', 'run', 'log'].map((name) => mkdir(`${folder}/${name}`)))
    await writeFile(configuration, cephConfiguration({ folder, clusterId, monitorPort, gatewayPort }))
    const keyring = `${folder}/keyring`
    const capabilities = {
      'mon.': ['--cap', 'mon', 'allow *'],
      'client.admin': ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'],
      'osd.0': ['--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *'],
    }
    await command('ceph-authtool', keyring, '--create-keyring')
    for (const [name, capability] of Object.entries(capabilities)) {
      await command('ceph-authtool', keyring, '--gen-key', '-n', name, ...capability)
    }
    const monitorMap = `${folder}/monmap`
    const monitorAddress = `[v2:127.0.0.1:${monitorPort}/0]`
    await command('monmaptool', '--create', '--addv', 'a', monitorAddress, '--fsid', clusterId, monitorMap)
    await command('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monitorMap, '--keyring', keyring)
    await daemon('ceph-mon', '-i', 'a', '-f')
    const osdId = randomUUID()
    await command('ceph', 'osd', 'new', osdId)
    await command('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osdId)
    await daemon('ceph-osd', '-i', '0', '-f')

    const endpoint = `http://127.0.0.1:${gatewayPort}`
    const region = 'us-east-1'
    const createUser = async (name: string): Promise<RadosgwUser> => {
      const admin = (...verb: string[]) => command('radosgw-admin', 'user', ...verb, `--uid=${name}`)
      const accessKeyId = `test${randomBytes(8).toString('hex')}`
      const secretAccessKey = randomBytes(20).toString('hex')
      const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
      await admin('create', `--display-name=${name}`, ...keys)
      return {
        accessKeyId,
        secretAccessKey,
        createBucket: (bucket) => createS3Bucket({ endpoint, region, accessKeyId, secretAccessKey, bucket }),
        suspend: async () => void (await admin('suspend')),
        enable: async () => void (await admin('enable')),
      }
    }
    // Also creates the pools, and waits for the OSD.
    const user = await createUser('test')
    const startGateway = async () => {
      const server = await daemon('radosgw', '-n', 'client.admin', '-f')
      await waitForHttp(server, endpoint, 'radosgw')
      return server
    }
    let gateway = await startGateway()
    return {
      endpoint,
      region,
      accessKeyId: user.accessKeyId,
      secretAccessKey: user.secretAccessKey,
      kmsKeyId: cephKmsKeyId,
      createBucket: async (bucket) => user.createBucket(bucket),
      createUser,
      pause: () => gateway.signal('SIGSTOP'),
      resume: () => gateway.signal('SIGCONT'),
      kill: () => gateway.end('SIGKILL'),
      restart: async () => {
        gateway = await startGateway()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
