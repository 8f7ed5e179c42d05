import { readFile } from 'node:fs/promises'

import { CredentialsError } from './credentials-error.ts'
import type { GcsCredentials } from './gcs-options.ts'

/**
 * Reads a credential file. What is wrong with it is said with its path and `origin` (who named it), and without its
 * content, which a JSON parser's message would quote.
 */
export async function readCredentialFile(path: string, origin: string): Promise<GcsCredentials> {
  const problem = (text: string) => new CredentialsError({ problem: `the credential file ${path} (${origin}) ${text}` })
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem(`cannot be read: ${error.code}`)
  })
  let credentials: unknown
  try {
    credentials = JSON.parse(content)
  } catch {
    throw problem('is not JSON')
  }
  if (typeof credentials !== 'object' || credentials === null) throw problem('is not a JSON object')
  return { ...credentials }
}
