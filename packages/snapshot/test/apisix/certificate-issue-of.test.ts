import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { certificateIssueOf } from '../../src/apisix/certificate-issue-of.ts'
import type { JsonValue } from '../../src/entries/entry.ts'

describe('Certificates of an entry', () => {
  const [cert = '', key = ''] = ['certificate.crt', 'certificate.key'].map((name) =>
    readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'),
  )
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const otherKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  const issueOf = (value: JsonValue) => certificateIssueOf({ kind: 'ssls', id: '1', value })

  it('are taken with their keys, also further ones and that of an authority', () => {
    expect(issueOf({ cert, key, certs: [cert], keys: [key], client: { ca: cert } })).toBeUndefined()
  })

  it('are refused with a key of another, at the place of the key', () => {
    expect(issueOf({ cert, key: otherKey })).toEqual({ path: ['key'], message: 'is not the key of the certificate' })
    expect(issueOf({ cert, key, certs: [cert], keys: [otherKey] })?.path).toEqual(['keys', 0])
  })

  it('are refused when they cannot be read', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    expect(issueOf({ cert: broken, key })?.path).toEqual(['cert'])
    expect(issueOf({ cert, key: broken })?.path).toEqual(['key'])
    expect(issueOf({ cert, key, client: { ca: broken } })?.path).toEqual(['client', 'ca'])
  })

  it('are believed where they are references, or encrypted', () => {
    expect(issueOf({ cert: '$secret://vault/1/cert', key: '$env://KEY' })).toBeUndefined()
    expect(issueOf({ cert, key: 'RUh5cGhl'.repeat(10) })).toBeUndefined()
    expect(certificateIssueOf({ kind: 'routes', id: '1', value: { cert: '-----', key: '-----' } })).toBeUndefined()
  })
})
