import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { AdminKey } from '../config/control-plane-config.ts'
import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

const schema = z.object({
  admin_key: z.string().min(16),
  data_plane_tokens: z.record(z.string(), z.string().min(16)),
})

/** Secrets that were generated because the configuration gives none. */
export interface GeneratedCredentials {
  readonly adminKeys: readonly AdminKey[]
  readonly dataPlaneTokens: readonly { readonly group: string; readonly token: string }[]
  /** What was generated just now, to be shown once. */
  readonly fresh: { readonly adminKey: boolean; readonly groups: readonly string[] }
}

/** The generated secrets of a control plane's folder, for whoever runs on the same machine. Throws `UserError`. */
export async function readCredentialsFile(
  path: string,
): Promise<{ adminKey: string; dataPlaneToken: (group: string) => string }> {
  const kept = await readCredentials(path)
  if (!kept) throw new UserError(`${path}: no such file`)
  return { adminKey: kept.admin_key, dataPlaneToken: (group) => kept.data_plane_tokens[group] ?? '' }
}

/** Reads the generated secrets, and generates those that are missing: kept in one file that only its owner can read. */
export async function credentialsFile(path: string, groups: readonly string[]): Promise<GeneratedCredentials> {
  const kept = await readCredentials(path)
  const missing = groups.filter((group) => !kept?.data_plane_tokens[group])
  const credentials = {
    admin_key: kept?.admin_key ?? secret(),
    data_plane_tokens: { ...kept?.data_plane_tokens, ...Object.fromEntries(missing.map((group) => [group, secret()])) },
  }
  if (!kept || missing.length > 0) {
    await writeFile(path, `${JSON.stringify(credentials, undefined, 2)}\n`, { mode: 0o600 })
  }
  return {
    adminKeys: [{ name: 'admin', key: credentials.admin_key, role: 'admin' }],
    dataPlaneTokens: groups.map((group) => ({ group, token: credentials.data_plane_tokens[group] ?? '' })),
    fresh: { adminKey: !kept, groups: missing },
  }
}

async function readCredentials(path: string): Promise<z.infer<typeof schema> | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new UserError(`${path}: cannot be read (${systemCode(error)})`)
  })
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new UserError(`${path}: is damaged; restore it, or remove it to have new keys generated`)
  }
}

function secret(): string {
  return randomBytes(24).toString('base64url')
}
