import { z } from 'zod'
import { noteFormat } from './note-format.ts'

const domainFloor = z.object({
  position: z.object({ epoch: z.int(), revision: z.int() }).readonly(),
  /** Digests of manifests that were in effect here, newest last. */
  served: z.array(z.string()).readonly(),
})

const storeFloor = z.object({
  store: z.string(),
  group: z.string(),
  resources: domainFloor.readonly(),
  /** Absent while no instance snapshot was in effect. */
  instance: domainFloor.readonly().optional(),
  /** When it rose the last time, in milliseconds since the Unix epoch. */
  raisedAt: z.int(),
})

/** The floor of one domain of one store. */
export type DomainFloor = Readonly<z.infer<typeof domainFloor>>

/** What this node does not go below when it reads one store. */
export type StoreFloor = Readonly<z.infer<typeof storeFloor>>

export const floorNote = noteFormat(
  'the note about floors',
  z.object({ floors: z.array(storeFloor.readonly()).readonly() }),
)
