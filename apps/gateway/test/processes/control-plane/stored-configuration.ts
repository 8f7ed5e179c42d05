import { domainOf } from '@outlast/snapshot/apisix'
import { below, etcdClient } from '../../control-plane/etcd-client.ts'
import { dataPlaneToken } from './control-plane-seat.ts'

const prefix = '/gateway_groups/default/'

export interface StoredConfiguration {
  /** Of the store, whatever revision was read. */
  readonly revision: number
  /** Their values by `<kind>/<id>`, without the instance configuration. */
  readonly resources: ReadonlyMap<string, object>
}

/** What a control plane holds, as it tells data planes; at an older revision when that is given. */
export async function storedConfiguration(dataPlaneUrl: string, revision = 0): Promise<StoredConfiguration> {
  const range = { ...below(prefix), revision: String(revision) }
  const { status, body } = await etcdClient(dataPlaneUrl, dataPlaneToken).post('/v3/kv/range', range)
  if (status !== 200) throw new Error(`the control plane answers a range with ${status}: ${JSON.stringify(body)}`)
  const values = (body.kvs ?? []).map(({ key, value }) => {
    const parsed: object = JSON.parse(textOf(value))
    return [textOf(key).slice(prefix.length), parsed] as const
  })
  const resources = values.filter(([key]) => domainOf(key.split('/')[0] ?? '') === 'resources')
  return { revision: Number(body.header?.revision), resources: new Map(resources) }
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
