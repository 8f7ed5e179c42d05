import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { AdminKey } from '../config/control-plane-config.ts'
import { systemCode } from '../error-text.ts'
import { writePrivateFile } from '../snapshot/write-private-file.ts'
import { UserError } from '../user-error.ts'

const schema = z.object({
  admin_key: z.string().min(16),
  // Groups can be called `constructor`, which every object seems to have.
  data_plane_tokens: z
    .custom<object>((tokens) => typeof tokens === 'object' && tokens !== null)
    .transform((tokens) => new Map<string, unknown>(Object.entries(tokens)))
    .pipe(z.map(z.string(), z.string().min(16))),
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
  return { adminKey: kept.admin_key, dataPlaneToken: (group) => kept.data_plane_tokens.get(group) ?? '' }
}

/** Reads the generated secrets, and generates those that are missing: kept in one file that only its owner can read. */
export async function credentialsFile(path: string, groups: readonly string[]): Promise<GeneratedCredentials> {
  const kept = await readCredentials(path)
  const missing = groups.filter((group) => !kept?.data_plane_tokens.has(group))
  const adminKey = kept?.admin_key ?? secret()
  const tokens = new Map([...(kept?.data_plane_tokens ?? []), ...missing.map((group) => [group, secret()] as const)])
  if (!kept || missing.length > 0) {
    const content = { admin_key: adminKey, data_plane_tokens: Object.fromEntries(tokens) }
    await writePrivateFile(path, `${JSON.stringify(content, undefined, 2)}\n`, { option: '--data' })
  }
  return {
    adminKeys: [{ name: 'admin', key: adminKey, role: 'admin' }],
    dataPlaneTokens: groups.map((group) => ({ group, token: tokens.get(group) ?? '' })),
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
