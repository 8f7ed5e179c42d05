import type { Domain, EntryRef } from '@outlast/snapshot'

/** How keys of the store name entries. */
export interface KeyLayout {
  /** Without a slash at the end. */
  readonly prefix: string
  /** etcd's half-open range that holds every key below the prefix. */
  readonly start: Buffer
  readonly end: Buffer
  /** `undefined` for keys that name no item of the configuration. */
  entryOf(key: Buffer): { readonly domain: Domain; readonly ref: EntryRef } | undefined
}

export function keyLayout(options: {
  readonly prefix: string
  readonly domainOf: (kind: string) => Domain | undefined
}): KeyLayout {
  const prefix = options.prefix.replace(/\/+$/, '')
  const start = Buffer.from(`${prefix}/`)
  const end = Buffer.from(`${prefix}0`) // `0` follows `/` in byte order
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  const decode = (bytes: Buffer): string | undefined => {
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }

  return {
    prefix,
    start,
    end,
    entryOf: (key) => {
      const path = decode(key.subarray(start.length))
      const slash = path?.indexOf('/') ?? -1
      if (path === undefined || slash < 1 || path.endsWith('/')) return undefined
      const kind = path.slice(0, slash)
      const domain = options.domainOf(kind)
      return domain === undefined ? undefined : { domain, ref: { kind, id: path.slice(slash + 1) } }
    },
  }
}
