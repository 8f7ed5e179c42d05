import { join } from 'node:path'
import type { EtcdClientOptions } from '@outlast/source-etcd/client'
import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { linkTls } from './control-plane-link.ts'
import { etcdBlock } from './etcd-block.ts'
import { readPem } from './read-pem.ts'

const path = z.string().min(1, 'must not be empty')

/** `store` of a control plane's file: where its configuration lives. */
export const storeBlock = z
  .object({
    sqlite: z.object({ path }).optional(),
    etcd: etcdBlock
      .extend({
        host: etcdBlock.shape.host.unwrap(),
        prefix: z.undefined({ error: 'is not offered: the control plane needs an etcd of its own' }).optional(),
        tls: etcdBlock.shape.tls.unwrap().extend({ ca: path.optional() }).optional(),
      })
      .optional(),
  })
  .refine(({ sqlite, etcd }) => !sqlite !== !etcd, 'must have either sqlite or etcd')

/** Where the store is. */
export type StorePlace =
  | { readonly type: 'sqlite'; readonly path: string }
  /** `origin` is where it was asked for, for error messages. */
  | { readonly type: 'etcd'; readonly origin: string; readonly options: EtcdClientOptions }

/** Default: an SQLite file in the data folder. Reads certificates. Throws `UserError`. */
export function storePlace(
  file: ConfigFile,
  block: z.infer<typeof storeBlock> | undefined,
  dataFolder: string,
): StorePlace {
  if (!block?.etcd) return { type: 'sqlite', path: block?.sqlite?.path ?? join(dataFolder, 'control-plane.db') }
  const { host, user, password, timeout, tls } = block.etcd
  if (user === undefined && password !== undefined)
    throw file.fault(['store', 'etcd', 'user'], 'is missing; the password needs one')
  if (!tls?.cert !== !tls?.key) {
    throw file.fault(['store', 'etcd', 'tls', tls?.cert ? 'key' : 'cert'], 'is missing; give both, or neither')
  }
  const named = { ca: tls?.ca, cert: tls?.cert, key: tls?.key, serverName: tls?.sni, verify: tls?.verify }
  const link = linkTls(named, (field, name) =>
    readPem(name, (reason) => file.fault(['store', 'etcd', 'tls', field], reason)),
  )
  return {
    type: 'etcd',
    origin: `${file.path}: store.etcd`,
    options: {
      endpoints: host,
      user,
      password,
      ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
      tls: link?.read(),
    },
  }
}
