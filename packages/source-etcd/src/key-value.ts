import { asBytes, asInteger, asObject } from './json-reply.ts'

/** One key as etcd answers it. Deletions carry only key and `modRevision`. */
export interface KeyValue {
  readonly key: Buffer
  readonly value: Buffer
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

export function parseKeyValue(json: unknown): KeyValue {
  const kv = asObject(json)
  return {
    key: asBytes(kv['key']),
    value: asBytes(kv['value']),
    createRevision: asInteger(kv['create_revision']),
    modRevision: asInteger(kv['mod_revision']),
    version: asInteger(kv['version']),
  }
}
