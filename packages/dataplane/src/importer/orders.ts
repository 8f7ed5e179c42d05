import { z } from 'zod'
import { noteFormat, type NoteFormat } from './note-format.ts'

/** Who ordered something, why, and when, in milliseconds since the Unix epoch. */
export interface Order {
  readonly actor: string
  readonly reason: string
  readonly at: number
}

/** What operators have ordered this one node to do; each stays until it is taken back. */
export interface Orders {
  /** Do not follow the control plane, whatever it says. */
  readonly standalone?: Order | undefined
  /** Let nothing take the place of what was in effect then. `digest` is its digest; absent when there was nothing. */
  readonly frozen?: (Order & { readonly digest?: string | undefined }) | undefined
  /** Run this snapshot. `digest` is that of its content. */
  readonly pinned?: (Order & { readonly sequence: number; readonly digest: string }) | undefined
  /** Follow the control plane although it was refused: only at this content, and once. */
  readonly accepted?: (Order & { readonly identity: string; readonly digest: string }) | undefined
}

const order = z.object({ actor: z.string(), reason: z.string(), at: z.number() })

const orders = z.object({
  standalone: order.readonly().optional(),
  frozen: order.extend({ digest: z.string().optional() }).readonly().optional(),
  pinned: order.extend({ sequence: z.number(), digest: z.string() }).readonly().optional(),
  accepted: order.extend({ identity: z.string(), digest: z.string() }).readonly().optional(),
})

export const ordersNote: NoteFormat<Orders> = noteFormat('the note about what operators have ordered', orders)
