import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort, startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { etcdSource } from '../src/index.ts'
import { etcdWriter } from './etcd-writer.ts'

const path = (name: string): string => fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url))
const pem = (name: string): string => readFileSync(path(name), 'utf8')

describeWithServer('etcd', 'TLS against a real etcd that asks for client certificates', () => {
  let etcd: Etcd
  let endpoint: string

  beforeAll(async () => {
    const clientPort = await freePort()
    endpoint = `https://127.0.0.1:${await freePort()}`
    etcd = await startEtcd({
      clientPort,
      flags: [
        `--listen-client-urls=http://127.0.0.1:${clientPort},${endpoint}`,
        `--cert-file=${path('server.pem')}`,
        `--key-file=${path('server-key.pem')}`,
        `--trusted-ca-file=${path('ca.pem')}`,
        '--client-cert-auth',
      ],
    })
    await etcdWriter(etcd.endpoint).put('/apisix/routes/1', {})
  })
  afterAll(async () => {
    await etcd.stop()
  })

  it('loads with a client certificate and a server name', async () => {
    const tls = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client-key.pem'), serverName: 'etcd.test' }
    expect((await etcdSource({ endpoints: [endpoint], tls }).load()).resources).toHaveLength(1)
  })

  it('takes any certificate of the server when told not to verify it', async () => {
    const tls = { cert: pem('client.pem'), key: pem('client-key.pem'), verify: false }
    expect((await etcdSource({ endpoints: [endpoint], tls }).load()).resources).toHaveLength(1)
  })

  it.each([
    ['a server whose authority is not trusted', {}],
    ['a server with another name', { ca: pem('ca.pem'), serverName: 'other.test' }],
    ['to speak without its certificate to a server that asks for one', { ca: pem('ca.pem'), serverName: 'etcd.test' }],
  ])('refuses %s', async (_, tls) => {
    await expect(etcdSource({ endpoints: [endpoint], tls }).load()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
