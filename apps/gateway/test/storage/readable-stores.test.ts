import { generateSealingSecret, localSealingKey, silentLogger } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { dataPlaneConfig } from '../../src/config/data-plane-config.ts'
import { fallbackField } from '../../src/config/fallback-cp.ts'
import type { StoreKeys } from '../../src/snapshot/store-keys.ts'
import { readableStores, type ReadableStore } from '../../src/storage/readable-stores.ts'

const noKeys: StoreKeys = { signer: undefined, trustedKeys: undefined, sealingKeys: [] }

function read(lines: readonly string[], before?: readonly ReadableStore[], keys = noKeys): readonly ReadableStore[] {
  const text = ['deployment:', '  fallback_cp:', ...lines.map((line) => `    ${line}`)].join('\n')
  const file = parseConfigFile('config.yaml', text, {})
  const { fallback } = dataPlaneConfig(file, {}, {})
  if (!fallback) throw new Error('there is a block')
  return readableStores({ file, field: fallbackField, fallback, group: 'default', keys, logger: silentLogger }, before)
}

const s3 = (endpoint: string) => `aws_s3: { config_bucket: gw, resource_bucket: gw, endpoint: "${endpoint}" }`

describe('the stores of a node', () => {
  it('are those that fallback_cp names itself, and its replicas, by the names of the file', () => {
    const stores = read([
      'filesystem: { path: /backup }',
      s3('https://one'),
      'replicas:',
      '  - { name: america, prune: true, gcs: { bucket: gw } }',
      '  - filesystem: { path: /copy }',
    ])
    expect(stores.map(({ store }) => store.name)).toEqual(['s3://gw', 'file:///backup', 'america', 'file:///copy'])
    expect(stores.map(({ field }) => field.join('.'))).toEqual([
      'deployment.fallback_cp',
      'deployment.fallback_cp',
      'deployment.fallback_cp.replicas.0',
      'deployment.fallback_cp.replicas.1',
    ])
  })

  it('have names of their own, also when the replica is a bucket of the same name on another server', () => {
    const stores = read([s3('https://one'), 'replicas:', `  - ${s3('https://two')}`])
    expect(stores.map(({ store }) => store.name)).toEqual(['s3://gw', 's3://gw (replica)'])
  })

  it.each([
    ['the store itself', ['  - filesystem: { path: /backup }'], 'replicas[0].filesystem: is the store itself'],
    [
      'two stores in one item',
      ['  - { filesystem: { path: /a }, gcs: { bucket: b } }'],
      'replicas[0].filesystem: gcs is set as well; give each store an item of its own',
    ],
    ['none', ['  - { name: a }'], 'replicas[0]: names no storage'],
  ])('are refused, by field, when a replica is %s', (_what, lines, message) => {
    expect(() => read(['filesystem: { path: /backup }', 'replicas:', ...lines])).toThrow(message)
  })

  it('stay the same objects as long as the file says the same of them, wherever it says it', () => {
    const america = '  - { name: america, gcs: { bucket: gw } }'
    const before = read(['filesystem: { path: /backup }', 'replicas:', america])
    const after = read(
      ['filesystem: { path: /backup, timeout: 3 }', 'replicas:', '  - filesystem: { path: /copy }', america],
      before,
    )
    expect(after[0]?.store).not.toBe(before[0]?.store)
    expect(after[2]?.store).toBe(before[1]?.store)
    expect(after[2]?.field).toEqual([...fallbackField, 'replicas', 1])
  })

  it('are opened anew when a key file holds another key', () => {
    const lines = ['filesystem: { path: /backup }']
    const sealedWith = (secret: string): StoreKeys => ({ ...noKeys, sealingKeys: [localSealingKey(secret)] })
    const [first, second] = [generateSealingSecret(), generateSealingSecret()]
    const before = read(lines, [], sealedWith(first))
    expect(read(lines, before, sealedWith(first))[0]?.store).toBe(before[0]?.store)
    expect(read(lines, before, sealedWith(second))[0]?.store).not.toBe(before[0]?.store)
  })
})
