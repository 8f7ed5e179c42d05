import { z } from 'zod'
import { noteFormat, type NoteFormat } from './note-format.ts'

interface Mark {
  readonly digest: string
  /** When it began to take effect the last time, in milliseconds since the Unix epoch. */
  readonly at: number
}

/** A configuration that was taking effect when the process died. */
export interface Suspect extends Mark {
  /** How often in a row. */
  readonly deaths: number
}

/** What one process leaves to the next. */
export interface PoisonRecord {
  /** Which build wrote it: another one may survive what killed this one. */
  readonly build: string
  /** What was taking effect, but had not served yet. */
  readonly applying?: Mark | undefined
  readonly suspects: readonly Suspect[]
}

const mark = z.object({ digest: z.string(), at: z.number() })
const suspect = mark.extend({ deaths: z.number() })

const record = z.object({
  build: z.string(),
  applying: mark.readonly().optional(),
  suspects: z.array(suspect.readonly()).readonly(),
})

export const poisonNote: NoteFormat<PoisonRecord> = noteFormat(
  'the note about configurations that killed the process',
  record,
)
