import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { errorText } from '../error-text.ts'
import { UserError } from '../user-error.ts'
import { substituteEnvironment } from './substitute-environment.ts'

/** A YAML file that knows where each of its fields stands, so that complaints can name file, line and field. */
export interface ConfigFile {
  readonly path: string
  /** Plain data with `${{NAME}}` replaced from the environment. */
  readonly data: unknown
  /** The error for a field, to be thrown: `conf.yaml:4: fallback_cp.aws_s3.region: …`. */
  fault(field: readonly PropertyKey[], message: string, cause?: unknown): UserError
  /** Checks the data and returns it typed; throws the fault of the first field that does not fit. */
  parse<T>(schema: z.ZodType<T>): T
}

/** Reads and parses a YAML configuration file. Throws `UserError` with file, line and reason. */
export async function readConfigFile(path: string, environment: NodeJS.ProcessEnv = process.env): Promise<ConfigFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`)
  })
  return parseConfigFile(path, text, environment)
}

/** The same for text at hand. */
export function parseConfigFile(path: string, text: string, environment: NodeJS.ProcessEnv = process.env): ConfigFile {
  refuseForeignNotes(path, text)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const line = lines.linePos(error.pos[0]).line
    throw new UserError(`${path}:${line}: not valid YAML: ${firstSentence(error.message)}`)
  }
  const fault: ConfigFile['fault'] = (field, message, cause) => {
    const line = lineOf(document, lines, field)
    const place = line === undefined ? path : `${path}:${line}`
    const named = field.length === 0 ? message : `${fieldName(field)}: ${message}`
    return new UserError(`${place}: ${named}`, { cause })
  }
  const data = substituteEnvironment(plainData(path, document) ?? {}, environment, fault)
  return {
    path,
    data,
    fault,
    parse(schema) {
      const result = schema.safeParse(data)
      if (result.success) return result.data
      const [issue] = result.error.issues
      throw fault(issue?.path ?? [], issue?.message ?? 'is not valid')
    },
  }
}

function plainData(path: string, document: Document): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // An alias without its anchor, or far too many of them.
    throw new UserError(`${path}: not valid YAML: ${firstSentence(errorText(error))}`)
  }
}

/** `a.b[0].c` */
function fieldName(field: readonly PropertyKey[]): string {
  return field
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')
}

function lineOf(document: Document, lines: LineCounter, field: readonly PropertyKey[]): number | undefined {
  // A missing field has no place of its own: its nearest parent that has one is shown.
  for (let length = field.length; length > 0; length--) {
    const node: unknown = document.getIn(field.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

// Documents for this kind of file carry numbered notes in their samples, which get copied along.
function refuseForeignNotes(path: string, text: string): void {
  const index = text.split('\n').findIndex((line) => /^\s*\/\//.test(line))
  if (index < 0) return
  throw new UserError(
    `${path}:${index + 1}: a line that starts with // is not YAML; remove the document's notes, or write comments with #`,
  )
}

function firstSentence(message: string): string {
  return message.split('\n')[0]?.replace(/:$/, '') ?? message
}
