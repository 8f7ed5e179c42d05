import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { sidecarConfig } from '../../src/config/sidecar-config.ts'

const etcd = 'etcd: { host: ["http://127.0.0.1:2379"], prefix: /apisix }'
const read = (sidecar: string, rest = '', environment: NodeJS.ProcessEnv = {}) =>
  sidecarConfig(
    parseConfigFile('config.yaml', `${rest}\ndeployment:\n  ${etcd}\n  ${sidecar}\n`, environment),
    {},
    environment,
  )

describe('the file of a sidecar', () => {
  it("is a data plane's, with one block more", () => {
    const config = read('sidecar: { apisix_yaml: { path: conf/apisix.yaml } }')
    expect(config).toMatchObject({
      group: 'default',
      live: { endpoints: ['http://127.0.0.1:2379'], prefix: '/apisix' },
      target: { type: 'apisix-yaml', path: 'conf/apisix.yaml' },
      keyring: [],
      ignored: [],
    })
  })

  it('takes Admin APIs, with the key from the environment and seconds as APISIX has them', () => {
    const block =
      'sidecar: { admin_api: { endpoints: ["https://one:9180"], admin_key: "${{KEY}}", timeout: 3, tls: { verify: false, sni: gw } } }'
    expect(read(block, '', { KEY: 'key' }).target).toEqual({
      type: 'admin-api',
      endpoints: ['https://one:9180'],
      adminKey: 'key',
      timeoutMs: 3_000,
      tls: { verify: false, serverName: 'gw' },
    })
  })

  it.each(['keyring: [0123456789abcdef, fedcba9876543210]', 'keyring: 0123456789abcdef'])(
    'takes the keys that a stock APISIX has encrypted its etcd with: %s',
    (keyring) => {
      const config = read(
        'sidecar: { apisix_yaml: { path: x } }',
        `apisix: { data_encryption: { enable_encrypt_fields: true, ${keyring} } }`,
      )
      expect(config.keyring[0]).toBe('0123456789abcdef')
      expect(config.ignored).toEqual([])
    },
  )

  it.each([
    [
      'fallback_cp: { filesystem: { path: /b } }',
      /^config\.yaml:3: deployment\.sidecar: must say how APISIX gets its configuration/,
    ],
    ['sidecar: {}', /^config\.yaml:4: deployment\.sidecar: must say/],
    [
      'sidecar: { apisix_yaml: { path: x }, admin_api: { endpoints: ["http://x"], admin_key: k } }',
      /^config\.yaml:4: deployment\.sidecar: has both/,
    ],
    ['sidecar: { apisix_yaml: { file: x } }', /^config\.yaml:4: deployment\.sidecar\.apisix_yaml/],
    ['sidecar: { admin_api: { endpoints: ["ftp://x"], admin_key: k } }', /endpoints\[0\]: must be a URL/],
    ['sidecar: { admin_api: { endpoints: ["http://x"] } }', /admin_key: is missing/],
    [
      'sidecar: { admin_api: { endpoints: ["http://x"], admin_key: k, tls: { cert: c } } }',
      /tls\.key: is missing; give both, or neither$/,
    ],
    [
      'sidecar: { admin_api: { endpoints: ["http://x"], admin_key: k, tls: { ca: /nowhere/ca.pem } } }',
      /tls\.ca: \/nowhere\/ca\.pem: cannot be read \(ENOENT\)$/,
    ],
  ])('names the place of a mistake: %s', (block, message) => {
    expect(() => read(block)).toThrow(message)
  })

  it('names a bad key by its place, and does not quote it', () => {
    const rest = 'apisix: { data_encryption: { keyring: [short-secret] } }'
    expect(() => read('sidecar: { apisix_yaml: { path: x } }', rest)).toThrow(
      /^config\.yaml:1: apisix\.data_encryption\.keyring: must be keys of 16 or 32 bytes$/,
    )
  })

  it('warns of keys that mean nothing to it', () => {
    const config = read('sidecar: { apisix_yaml: { path: x } }', 'apisix: { node_listen: 9080, proxy_mode: http }')
    expect(config.ignored).toEqual(['apisix.node_listen', 'apisix.proxy_mode'])
  })
})
