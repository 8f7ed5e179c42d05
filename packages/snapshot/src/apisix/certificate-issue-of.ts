import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { Entry, JsonValue } from '../entries/entry.ts'
import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import type { Issue } from './find-issue.ts'
import { isPem } from './is-pem.ts'

/**
 * Why the certificates of an entry of kind `ssls` cannot be used: they are no certificates, or a key is not that of its
 * certificate. References and encrypted keys are believed. `undefined` when nothing speaks against them, and for other kinds.
 */
export function certificateIssueOf({ kind, value }: Entry): Issue | undefined {
  if (kind !== 'ssls' || !isJsonObject(value)) return undefined
  const issue = issueOfPair(value['cert'], value['key'], { cert: ['cert'], key: ['key'] })
  if (issue !== undefined) return issue
  const keys = listIn(value, 'keys')
  for (const [index, cert] of listIn(value, 'certs').entries()) {
    const found = issueOfPair(cert, keys[index], { cert: ['certs', index], key: ['keys', index] })
    if (found !== undefined) return found
  }
  const client = value['client']
  const authority = isJsonObject(client) ? client['ca'] : undefined
  const isReadable = !isPem(authority) || certificateOf(authority) !== undefined
  return isReadable ? undefined : { path: ['client', 'ca'], message: 'cannot be read as a certificate' }
}

function issueOfPair(
  cert: JsonValue | undefined,
  key: JsonValue | undefined,
  path: { readonly cert: Issue['path']; readonly key: Issue['path'] },
): Issue | undefined {
  // Everything else is a reference, or what APISIX has encrypted.
  const certificate = isPem(cert) ? certificateOf(cert) : undefined
  if (isPem(cert) && certificate === undefined) return { path: path.cert, message: 'cannot be read as a certificate' }
  const privateKey = isPem(key) ? privateKeyOf(key) : undefined
  if (isPem(key) && privateKey === undefined) return { path: path.key, message: 'cannot be read as a private key' }
  const isPair = !certificate || !privateKey || certificate.checkPrivateKey(privateKey)
  return isPair ? undefined : { path: path.key, message: 'is not the key of the certificate' }
}

function listIn(value: JsonObject, name: string): readonly JsonValue[] {
  const list = value[name]
  return list !== undefined && isJsonArray(list) ? list : []
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
