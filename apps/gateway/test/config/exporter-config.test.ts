import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { exporterConfig } from '../../src/config/exporter-config.ts'

const read = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  exporterConfig(parseConfigFile('config.yaml', text, environment), {}, environment)

const backupNode = `
deployment:
  role: traditional
  etcd:
    host: ["http://127.0.0.1:2379", "http://127.0.0.1:2380"]
  fallback_cp:
    mode: write
    interval: 10
    filesystem: { path: /backup }
`

describe('the file of an independent exporter', () => {
  it("is API7's backup node: every control plane endpoint, its gateway group's prefix, the interval in seconds", () => {
    const config = read(backupNode, { API7_GATEWAY_GROUP_SHORT_ID: 'blue' })
    expect(config).toMatchObject({
      group: 'blue',
      live: { endpoints: ['http://127.0.0.1:2379', 'http://127.0.0.1:2380'], prefix: '/gateway_groups/blue' },
      schedule: { everyMs: 10_000 },
      statusListen: { host: '0.0.0.0', port: 7085 },
      instance: [],
      ignored: [],
    })
  })

  it("follows API7's variables when the file names no etcd", () => {
    const text = 'deployment: { fallback_cp: { mode: write, filesystem: { path: /backup } } }'
    const config = read(text, {
      API7_CONTROL_PLANE_ENDPOINTS: '["https://cp:7943"]',
      API7_CONTROL_PLANE_TOKEN: 'token',
    })
    expect(config.live).toMatchObject({ endpoints: ['https://cp:7943'], token: 'token' })
    expect(config.schedule).toBe('@every 1m')
  })

  it('takes keyring and discovery of a stock APISIX, whose etcd does not hold them', () => {
    const config = read(`
apisix:
  data_encryption: { enable_encrypt_fields: true, keyring: [0123456789abcdef] }
discovery:
  dns: { servers: ["127.0.0.1:8600"] }
deployment:
  etcd: { host: ["http://127.0.0.1:2379"], prefix: /apisix, user: root, password: secret, timeout: 3 }
  fallback_cp: { mode: write, cron_spec: "@hourly", filesystem: { path: /backup } }
`)
    expect(config.instance).toEqual([
      { kind: 'keyring', id: '1', value: { enable_encrypt_fields: true, keyring: ['0123456789abcdef'] } },
      { kind: 'discovery', id: 'dns', value: { servers: ['127.0.0.1:8600'] } },
    ])
    expect(config.live).toMatchObject({ prefix: '/apisix', user: 'root', password: 'secret', timeoutMs: 3_000 })
    expect(config.schedule).toBe('@hourly')
  })

  it('reads the certificates for etcd', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outlast-'))
    for (const name of ['ca', 'cert', 'key']) await writeFile(join(folder, name), name)
    const text = `
apisix: { ssl: { ssl_trusted_certificate: ${folder}/ca } }
deployment:
  etcd: { host: ["https://etcd:2379"], tls: { cert: ${folder}/cert, key: ${folder}/key, sni: etcd.test, verify: true } }
  fallback_cp: { mode: write, filesystem: { path: /backup } }
`
    const tls = { ca: 'ca', cert: 'cert', key: 'key', serverName: 'etcd.test', verify: true }
    expect(read(text).live.tls?.read()).toEqual(tls)
  })

  it.each([
    [
      'no fallback_cp',
      'deployment: { etcd: { host: ["http://a:1"] } }',
      'config.yaml:1: deployment: names no store to export to: give fallback_cp with mode: write',
    ],
    [
      'the file of a data plane',
      backupNode.replace('mode: write', 'mode: read'),
      "config.yaml:7: deployment.fallback_cp.mode: must be write: with read, or without mode, the file is a data plane's",
    ],
    [
      'nothing to follow',
      'deployment: { fallback_cp: { mode: write, filesystem: { path: /backup } } }',
      'config.yaml: nothing to export from: set deployment.etcd.host or API7_CONTROL_PLANE_ENDPOINTS',
    ],
    [
      'two schedules',
      backupNode.replace('interval: 10', 'interval: 10\n    cron_spec: "@hourly"'),
      'config.yaml:8: deployment.fallback_cp.interval: cron_spec is set as well; keep one of the two',
    ],
    [
      'a keyring that no node could use',
      `${backupNode}\napisix: { data_encryption: { keyring: [short] } }`,
      'config.yaml:11: apisix.data_encryption: /keyring/0: must be a key of 16 or 32 bytes',
    ],
    [
      'a deadline that no timer knows',
      backupNode.replace('host: [', 'timeout: 10000000\n    host: ['),
      'config.yaml:5: deployment.etcd.timeout: must be at most an hour: 3600',
    ],
    [
      'trusted keys that have lost their indentation',
      `${backupNode}\ntrusted_key_files: [operator.key.pub]`,
      'config.yaml:11: trusted_key_files: belongs inside fallback_cp; has the file lost its indentation?',
    ],
    [
      'a certificate without its key',
      backupNode.replace('host: [', 'tls: { cert: a.pem }\n    host: ['),
      'config.yaml:5: deployment.etcd.tls.key: is missing; give both, or neither',
    ],
  ])('with %s is refused, with the field to mend', (_what, text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('names the field of a certificate that is not there when it is to be read', () => {
    const { live } = read(
      backupNode.replace('host: [', 'tls: { cert: /nowhere/a.pem, key: /nowhere/a.key }\n    host: ['),
    )
    expect(() => live.tls?.read()).toThrow(
      'config.yaml:5: deployment.etcd.tls.cert: /nowhere/a.pem: cannot be read (ENOENT)',
    )
  })
})
