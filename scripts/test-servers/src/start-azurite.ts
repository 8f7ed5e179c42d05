import { randomBytes } from 'node:crypto'

import { freePort } from './free-port.ts'
import { azuriteScript, requireServer } from './server-catalogue.ts'
import { startInScratchFolder } from './start-in-scratch-folder.ts'
import { startServerProcess } from './server-process.ts'
import { waitForHttp } from './wait-until-ready.ts'

export interface Azurite {
  /** Blob endpoint with the account in its path: `http://127.0.0.1:PORT/ACCOUNT`. */
  readonly endpoint: string
  readonly accountName: string
  readonly accountKey: string
  readonly connectionString: string
  readonly pid: number
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface AzuriteOptions {
  /** Paths of PEM files. With them it speaks https, and takes bearer tokens too, whose signature it does not check. */
  readonly tls?: { readonly certificatePath: string; readonly keyPath: string } | undefined
}

/** Starts Azurite's blob service in memory, with an account and key of its own. */
export async function startAzurite({ tls }: AzuriteOptions = {}): Promise<Azurite> {
  requireServer('azurite')
  const accountName = 'outlasttest'
  const accountKey = randomBytes(32).toString('base64')
  return await startInScratchFolder('azurite', async (scratch) => {
    const port = await freePort()
    const flags = [
      '--inMemoryPersistence',
      '--silent',
      '--disableTelemetry',
      '--skipApiVersionCheck',
      '--blobHost=127.0.0.1',
      `--blobPort=${port}`,
      ...(tls ? ['--oauth=basic', `--cert=${tls.certificatePath}`, `--key=${tls.keyPath}`] : []),
    ]
    const server = await startServerProcess(process.execPath, [azuriteScript, ...flags], {
      scratchPath: scratch.path,
      cwd: scratch.path,
      environment: { ...process.env, AZURITE_ACCOUNTS: `${accountName}:${accountKey}`, NODE_OPTIONS: '' },
    })
    const scheme = tls ? 'https' : 'http'
    const endpoint = `${scheme}://127.0.0.1:${port}/${accountName}`
    await waitForHttp(server, endpoint, 'Azurite')
    return {
      endpoint,
      accountName,
      accountKey,
      connectionString: `DefaultEndpointsProtocol=${scheme};AccountName=${accountName};AccountKey=${accountKey};BlobEndpoint=${endpoint};`,
      pid: server.pid,
      pause: () => server.signal('SIGSTOP'),
      resume: () => server.signal('SIGCONT'),
      async stop() {
        await server.end()
        await scratch.remove()
      },
    }
  })
}
