import type { ControlResult } from '@outlast/dataplane'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import type { ControlOrder, ControlVerb } from './control-routes.ts'
import { readRunningFile } from './running-file.ts'
import { statusDetail, type StatusDetail } from './status-server.ts'

/** The data plane that runs in a folder, as a command on the same machine sees it. */
export interface RunningNode {
  readonly detail: StatusDetail
  /** Resolves with its answer. Throws `UserError` when there is none. */
  order(verb: ControlVerb, order: ControlOrder): Promise<ControlResult>
}

const resultSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('done'), outlives: z.boolean() }),
  z.object({ status: z.literal('refused'), reason: z.string() }),
])

/** A pin may have to load a large snapshot first. */
const orderDeadlineMs = 120_000

/** Finds it, and makes sure that it is the one that answers. Throws `UserError`. */
export async function runningNode(data: string): Promise<RunningNode> {
  const running = await readRunningFile(data)
  if (!running) throw new UserError(`no data plane runs with --data ${data}`)
  const detail = await statusDetail(running.status).catch(() => undefined)
  if (detail?.instance !== running.instance)
    throw new UserError(`the data plane of ${data} does not answer on ${running.status}; is it still running?`)
  return {
    detail,
    async order(verb, order) {
      const response = await fetch(`${running.status}/control/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${running.token}` },
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(orderDeadlineMs),
      }).catch((error: unknown) => {
        throw new UserError(`${verb}: the data plane did not answer`, { cause: error })
      })
      const result = resultSchema.safeParse(await response.json().catch(() => undefined))
      if (!result.success) throw new UserError(`${verb}: the data plane answered with status ${response.status}`)
      return result.data
    },
  }
}
