import { timingSafeEqual } from 'node:crypto'
import type { ControlResult, DataPlaneControl } from '@outlast/dataplane'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

const text = z.string().trim().min(1).max(1024)

/** What a control request carries. */
const orderSchema = z.object({
  actor: text,
  reason: text,
  /** For `pin`. */
  sequence: z.int().positive().optional(),
  /** For `accept`. */
  digest: z.string().optional(),
})

export type ControlOrder = z.infer<typeof orderSchema>

const verbs: {
  readonly [verb in ControlVerb]: (control: DataPlaneControl, order: ControlOrder) => Promise<ControlResult>
} = {
  pin: async (control, { sequence, ...by }) =>
    sequence === undefined ? { status: 'refused', reason: 'which snapshot?' } : control.pin(sequence, by),
  unpin: async (control, by) => control.unpin(by),
  freeze: async (control, by) => control.freeze(by),
  unfreeze: async (control, by) => control.unfreeze(by),
  standalone: async (control, by) => control.standalone(by),
  auto: async (control, by) => control.auto(by),
  accept: async (control, { digest, ...by }) => control.accept(by, { digest }),
  'reset-floor': async (control, by) => control.resetFloor(by),
  'fetch-now': async (control, by) => control.fetchNow(by),
}

export type ControlVerb =
  | 'pin'
  | 'unpin'
  | 'freeze'
  | 'unfreeze'
  | 'standalone'
  | 'auto'
  | 'accept'
  | 'reset-floor'
  | 'fetch-now'

/**
 * `POST /control/<verb>` with an order: 200 when it is in force, 409 when it is refused. Only from this machine, and only
 * with the token, which whoever can read the data folder has.
 */
export function addControlRoutes(
  app: FastifyInstance,
  { control, token }: { readonly control: DataPlaneControl; readonly token: string },
): void {
  for (const [verb, obey] of Object.entries(verbs)) {
    app.post(
      `/control/${verb}`,
      {
        // Before the body is read.
        onRequest: async (request, reply) => {
          if (!isFromHere(request)) return reply.code(403).send({ status: 'error', error: 'only from this machine' })
          if (!hasToken(request, token))
            return reply.code(401).send({ status: 'error', error: 'the token is missing or wrong' })
          return undefined
        },
      },
      async (request, reply) => {
        const order = orderSchema.safeParse(request.body)
        if (!order.success) return reply.code(400).send({ status: 'error', error: z.prettifyError(order.error) })
        const result = await obey(control, order.data)
        return reply.code(result.status === 'done' ? 200 : 409).send(result)
      },
    )
  }
}

/** Over loopback, or from an address of this machine to the same one. */
function isFromHere({ socket: { remoteAddress, localAddress } }: FastifyRequest): boolean {
  if (remoteAddress === undefined) return false
  return /^(?:::ffff:)?127\.|^::1$/.test(remoteAddress) || remoteAddress === localAddress
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
