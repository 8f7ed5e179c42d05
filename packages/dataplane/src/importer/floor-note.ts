import type { Position } from '@outlast/snapshot'
import { z } from 'zod'
import { noteFormat, type NoteFormat } from './note-format.ts'

/** The floor of one domain of one store. */
export interface DomainFloor {
  readonly position: Position
  /** Digests of manifests that were in effect here, newest last. */
  readonly served: readonly string[]
}

/** What this node does not go below when it reads one store. */
export interface StoreFloor {
  readonly store: string
  readonly group: string
  readonly resources: DomainFloor
  /** Absent while no instance snapshot was in effect. */
  readonly instance?: DomainFloor | undefined
  /** When it rose the last time, in milliseconds since the Unix epoch. */
  readonly raisedAt: number
}

const domainFloor = z.object({
  position: z.object({ epoch: z.int(), revision: z.int() }).readonly(),
  served: z.array(z.string()).readonly(),
})

const storeFloor = z.object({
  store: z.string(),
  group: z.string(),
  resources: domainFloor.readonly(),
  instance: domainFloor.readonly().optional(),
  raisedAt: z.int(),
})

export const floorNote: NoteFormat<{ readonly floors: readonly StoreFloor[] }> = noteFormat(
  'the note about floors',
  z.object({ floors: z.array(storeFloor.readonly()).readonly() }),
)
