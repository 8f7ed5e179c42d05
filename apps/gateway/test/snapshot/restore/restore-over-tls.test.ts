import { fileURLToPath } from 'node:url'
import { freePort, startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { targetFromUrl } from '../../../src/snapshot/restore/target-from-url.ts'
import { allAdded, restore } from './restore.ts'
import { everyKind } from './sample-entries.ts'

const fixtures = new URL('../../../../../packages/source-etcd/test/fixtures/tls/', import.meta.url)
const path = (name: string): string => fileURLToPath(new URL(name, fixtures))

describeWithServer('etcd', 'restoring to an etcd that asks for client certificates', () => {
  let etcd: Etcd
  let port: number

  beforeAll(async () => {
    const clientPort = await freePort()
    port = await freePort()
    etcd = await startEtcd({
      clientPort,
      flags: [
        `--listen-client-urls=http://127.0.0.1:${clientPort},https://127.0.0.1:${port}`,
        `--cert-file=${path('server.pem')}`,
        `--key-file=${path('server-key.pem')}`,
        `--trusted-ca-file=${path('ca.pem')}`,
        '--client-cert-auth',
      ],
    })
  })
  afterAll(async () => {
    await etcd?.stop()
  })

  const target = async (parameters: string) =>
    targetFromUrl(`etcds://127.0.0.1:${port}/apisix?${parameters}`, { group: 'default', environment: {} })
  const client = `cert_file=${path('client.pem')}&key_file=${path('client-key.pem')}&server_name=etcd.test`

  it('goes by the certificates that the URL names', async () => {
    expect(await restore(await target(`ca_file=${path('ca.pem')}&${client}`), everyKind())).toEqual(allAdded(13))
  })

  it('does not trust a server that no known authority has signed', async () => {
    await expect(restore(await target(client), everyKind())).rejects.toThrow(/certificate/)
  })
})
