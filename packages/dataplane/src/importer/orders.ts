import { z } from 'zod'
import { noteFormat } from './note-format.ts'

/** Who ordered something, why, and when, in milliseconds since the Unix epoch. */
const order = z.object({ actor: z.string(), reason: z.string(), at: z.number() })

const orders = z.object({
  /** Do not follow the control plane, whatever it says. */
  standalone: order.readonly().optional(),
  /** Let nothing take the place of what was in effect then. `digest` is its digest; absent when there was nothing. */
  frozen: order.extend({ digest: z.string().optional() }).readonly().optional(),
  /** Run this snapshot. `digest` is that of its content. */
  pinned: order.extend({ sequence: z.number(), digest: z.string() }).readonly().optional(),
  /** Follow the control plane although it was refused: only at this content, and once. */
  accepted: order.extend({ identity: z.string(), digest: z.string() }).readonly().optional(),
})

export type Order = Readonly<z.infer<typeof order>>

/** What operators have ordered this one node to do; each stays until it is taken back. */
export type Orders = Readonly<z.infer<typeof orders>>

export const ordersNote = noteFormat('the note about what operators have ordered', orders)
