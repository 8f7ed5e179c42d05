import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startEtcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { silentLogger } from '@outlast/snapshot'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { checkStore, openStore } from '../../src/control-plane/store/open-store.ts'
import { put, scratchPath } from '../control-plane/scratch-store.ts'

const read = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  controlPlaneConfig(parseConfigFile('conf.yaml', text, environment), { data: '/data' })
const open = { logger: silentLogger, signal: new AbortController().signal }

describe('the store of a control plane', () => {
  it('is an SQLite file in the data folder, or where the file says', () => {
    expect(read('{}').store).toEqual({ type: 'sqlite', path: '/data/control-plane.db' })
    expect(read('store: { sqlite: { path: /elsewhere.db } }').store).toEqual({ type: 'sqlite', path: '/elsewhere.db' })
  })

  it('is an etcd cluster, with a user and TLS', async () => {
    const folder = dirname(await scratchPath())
    const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'client.pem'), key: join(folder, 'client.key') }
    for (const [field, path] of Object.entries(files)) await writeFile(path, `the ${field}`)
    const text = `
store:
  etcd:
    host: ["https://etcd-1:2379", "https://etcd-2:2379"]
    user: outlast
    password: '\${{ETCD_PASSWORD}}'
    timeout: 2.5
    tls: { ca: ${files.ca}, cert: ${files.cert}, key: ${files.key}, sni: etcd.test, verify: true }
`
    const { store, ignored } = read(text, { ETCD_PASSWORD: 'from-environment' })
    expect(store).toEqual({
      type: 'etcd',
      origin: 'conf.yaml: store.etcd',
      options: {
        endpoints: ['https://etcd-1:2379', 'https://etcd-2:2379'],
        user: 'outlast',
        password: 'from-environment',
        timeoutMs: 2_500,
        tls: { ca: 'the ca', cert: 'the cert', key: 'the key', serverName: 'etcd.test', verify: true },
      },
    })
    expect(ignored).toEqual([])
  })

  const host = 'host: ["http://etcd-1:2379"]'

  it.each([
    ['store: {}', 'conf.yaml:1: store: must have either sqlite or etcd'],
    [`store: { sqlite: { path: a }, etcd: { ${host} } }`, 'conf.yaml:1: store: must have either sqlite or etcd'],
    ['store:\n  etcd: {}', 'conf.yaml:2: store.etcd.host: must be a list of URLs'],
    ['store:\n  etcd:\n    host: []', 'conf.yaml:3: store.etcd.host: must not be empty'],
    [
      'store:\n  etcd:\n    host: ["etcd-1:2379"]',
      'conf.yaml:3: store.etcd.host[0]: must be a URL such as http://127.0.0.1:2379',
    ],
    [
      'store:\n  etcd:\n    host: ["http://etcd-1:2379", "http://root:pass@etcd-2:2379"]',
      'conf.yaml:3: store.etcd.host[1]: must not hold credentials: use user and password',
    ],
    [
      `store:\n  etcd:\n    ${host}\n    timeout: 0`,
      'conf.yaml:4: store.etcd.timeout: must be a number of seconds above 0',
    ],
    [
      `store:\n  etcd:\n    ${host}\n    prefix: /apisix`,
      'conf.yaml:4: store.etcd.prefix: is not offered: the control plane needs an etcd of its own',
    ],
    [
      `store:\n  etcd:\n    ${host}\n    password: secret`,
      'conf.yaml:3: store.etcd.user: is missing; the password needs one',
    ],
    [
      `store:\n  etcd:\n    ${host}\n    tls: { cert: client.pem }`,
      'conf.yaml:4: store.etcd.tls.key: is missing; give both, or neither',
    ],
    [
      `store:\n  etcd:\n    ${host}\n    tls:\n      ca: /absent/ca.pem`,
      'conf.yaml:5: store.etcd.tls.ca: /absent/ca.pem: cannot be read (ENOENT)',
    ],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'UserError', message }))
  })
})

describeWithServer('etcd', 'the etcd of a control plane', () => {
  it('is opened when it answers, and said to be wrong when not, without the password', async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const at = (address: string): string =>
      `store: { etcd: { host: ["${address}"], user: outlast, password: secret-word, timeout: 2 } }`
    const place = read(`store: { etcd: { host: ["${etcd.endpoint}"] } }`).store
    await checkStore(place, open)
    const store = await openStore(place, open)
    expect(await put(store, '/a')).toBe(2)
    await store.close()

    // A user is given, and the etcd has none.
    const refused = expect.objectContaining({
      name: 'UserError',
      message: expect.stringMatching(/^conf\.yaml: store\.etcd: (?!.*secret-word).*authentication is not enabled/),
    })
    await expect(checkStore(read(at(etcd.endpoint)).store, open)).rejects.toEqual(refused)
    await etcd.kill()
    const silent = expect.objectContaining({
      name: 'UserError',
      message: expect.stringMatching(/^conf\.yaml: store\.etcd: .*ECONNREFUSED/),
    })
    await expect(openStore(place, open)).rejects.toEqual(silent)
  })
})
