import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Entry, JsonValue } from '@outlast/snapshot'
import { isJsonObject } from '../../control-plane/json-object.ts'
import { errorText, systemCode } from '../../error-text.ts'
import { UserError } from '../../user-error.ts'
import { notFine } from '../exit-codes.ts'
import { entriesOfDocument, type DocumentEntries } from './entries-of-document.ts'
import { parseDocument } from './parse-document.ts'

/**
 * The entries of a file that `export` has written, in any of its formats, or of an `apisix.yaml` or `apisix.json` from
 * elsewhere; `-` is standard input. `base` is what it is to follow. Throws a `UserError` that quotes nothing of the file,
 * also for one whose secrets are masked: nobody could run from it.
 */
export async function readConfiguration(path: string, base: readonly Entry[]): Promise<DocumentEntries> {
  const content = await read(path)
  try {
    const document = parseDocument(content)
    const exported = snapshotFile(document)
    if ((exported?.masked ?? 0) > 0 || hasPlaceholder(document)) {
      throw new UserError('its secrets are masked; export it with --reveal', { exitCode: notFine })
    }
    return exported === undefined
      ? entriesOfDocument(document, base)
      : { entries: checked(exported.entries), carriedOver: [] }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${nameOfFile(path)}: ${errorText(error)}`, { exitCode: error.exitCode })
  }
}

/** For people; `-` is standard input. */
export function nameOfFile(path: string): string {
  return path === '-' ? 'standard input' : path
}

async function read(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`${path}: cannot be read (${systemCode(error)})`)
  })
}

/** What `export --format json` has written; `undefined` for any other document. */
function snapshotFile(document: JsonValue): { masked: number; entries: readonly JsonValue[] } | undefined {
  if (!isJsonObject(document)) return undefined
  const { masked, entries } = document
  return typeof masked === 'number' && Array.isArray(entries) ? { masked, entries } : undefined
}

function checked(entries: readonly JsonValue[]): Entry[] {
  const seen = new Set<string>()
  return entries.map((entry, index) => {
    const { kind, id, value } = isJsonObject(entry) ? entry : {}
    if (typeof kind !== 'string' || typeof id !== 'string' || value === undefined) {
      throw new UserError(`/entries/${index} has no kind, id and value`)
    }
    if (seen.has(`${kind}/${id}`)) throw new UserError(`/entries/${index} has been there before: ${kind}/${id}`)
    seen.add(`${kind}/${id}`)
    return { kind, id, value }
  })
}

/** As `export` writes them: alone, or in a URL. */
const placeholder = /(^|\/)masked-[\w-]{24}(@|$)/

function hasPlaceholder(value: JsonValue): boolean {
  if (typeof value === 'string') return placeholder.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(hasPlaceholder)
}
