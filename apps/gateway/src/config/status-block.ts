import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { parseListenAddress, type ListenAddress } from './listen-address.ts'

/** `apisix.status` of a gateway's file. */
export const statusBlock = z.object({ ip: z.string().optional(), port: z.int().min(0).max(65535).optional() })

/** Where the status port listens: `--status` above the file, 0.0.0.0:7085 without either. Throws `UserError`. */
export function statusListen(
  file: ConfigFile,
  block: z.infer<typeof statusBlock> | undefined,
  flag: string | undefined,
): ListenAddress {
  if (flag) return parseListenAddress(flag, '--status', '0.0.0.0')
  return { host: block?.ip ?? '0.0.0.0', port: block?.port ?? 7085, origin: `${file.path}: apisix.status` }
}
