import { z } from 'zod'
import { noteFormat } from './note-format.ts'

const mark = z.object({
  digest: z.string(),
  /** When it began to take effect the last time, in milliseconds since the Unix epoch. */
  at: z.number(),
})

/** `deaths`: how often in a row. */
const suspect = mark.extend({ deaths: z.number() })

const record = z.object({
  /** Which build wrote it: another one may survive what killed this one. */
  build: z.string(),
  /** What was taking effect, but had not served yet. */
  applying: mark.readonly().optional(),
  suspects: z.array(suspect.readonly()).readonly(),
})

/** A configuration that was taking effect when the process died. */
export type Suspect = Readonly<z.infer<typeof suspect>>

/** What one process leaves to the next. */
export type PoisonRecord = Readonly<z.infer<typeof record>>

export const poisonNote = noteFormat('the note about configurations that killed the process', record)
