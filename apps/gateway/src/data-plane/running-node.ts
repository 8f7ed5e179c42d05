import type { ControlResult } from '@outlast/dataplane'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import type { ControlOrder, ControlVerb } from './control-routes.ts'
import { readRunningFile } from './running-file.ts'
import { statusDetail, type StatusDetail } from './status-server.ts'

/** The data plane or sidecar that runs in a folder, as a command on the same machine sees it. */
export interface RunningNode {
  readonly pid: number
  /** What it said when it was found. */
  readonly detail: StatusDetail
  /** What it says now; `undefined` when nobody answers any more, or somebody else. */
  ask(): Promise<StatusDetail | undefined>
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
  if (!running) throw new UserError(`no node runs with --data ${data}`)
  const ask = async (): Promise<StatusDetail | undefined> => {
    const detail = await statusDetail(running.status).catch(() => undefined)
    return detail?.instance === running.instance ? detail : undefined
  }
  const detail = await ask()
  if (detail === undefined)
    throw new UserError(`the node of ${data} does not answer on ${running.status}; is it still running?`)
  return {
    pid: running.pid,
    detail,
    ask,
    async order(verb, order) {
      const response = await fetch(`${running.status}/control/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${running.token}` },
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(orderDeadlineMs),
      }).catch((error: unknown) => {
        throw new UserError(`${verb}: the node did not answer`, { cause: error })
      })
      const result = resultSchema.safeParse(await response.json().catch(() => undefined))
      if (!result.success) throw new UserError(`${verb}: the node answered with status ${response.status}`)
      return result.data
    },
  }
}
