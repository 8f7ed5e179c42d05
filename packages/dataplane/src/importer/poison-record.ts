/** A configuration that was taking effect when the process died. */
export interface Suspect {
  readonly digest: string
  /** How often in a row. */
  readonly deaths: number
  /** When it began to take effect the last time, in milliseconds since the Unix epoch. */
  readonly at: number
}

/** What one process leaves to the next. */
export interface PoisonRecord {
  /** Which build wrote it: another one may survive what killed this one. */
  readonly build: string
  /** What was taking effect, but had not served yet. */
  readonly applying?: Pick<Suspect, 'digest' | 'at'> | undefined
  readonly suspects: readonly Suspect[]
}

export function formatPoisonRecord(record: PoisonRecord): string {
  return `${JSON.stringify({ format: 1, ...record })}\n`
}

/** Throws a `SyntaxError` when the text is none of ours. */
export function parsePoisonRecord(text: string): PoisonRecord {
  const data: unknown = JSON.parse(text)
  if (!isObject(data) || data['format'] !== 1 || typeof data['build'] !== 'string') throw notOurs()
  const { build, applying, suspects } = data
  if (!Array.isArray(suspects)) throw notOurs()
  return {
    build,
    applying: applying === undefined ? undefined : markOf(applying),
    suspects: suspects.map((suspect: unknown) => ({ ...markOf(suspect), deaths: deathsOf(suspect) })),
  }
}

function markOf(value: unknown): Pick<Suspect, 'digest' | 'at'> {
  if (!isObject(value) || typeof value['digest'] !== 'string' || typeof value['at'] !== 'number') throw notOurs()
  return { digest: value['digest'], at: value['at'] }
}

function deathsOf(value: unknown): number {
  if (!isObject(value) || typeof value['deaths'] !== 'number') throw notOurs()
  return value['deaths']
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function notOurs(): SyntaxError {
  return new SyntaxError('the note about configurations that killed the process cannot be understood')
}
