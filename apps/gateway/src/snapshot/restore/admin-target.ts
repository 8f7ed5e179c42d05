import type { JsonValue } from '@outlast/snapshot'
import { printable } from '../readable.ts'
import { adminRequest, type AdminAnswer } from './admin-request.ts'
import { loadFromAdmin } from './admin-load.ts'
import { acceptedByAdmin, comparableWithAdmin, resourcePath, withoutTimes } from './admin-value.ts'
import type { Refusal, RestoreTarget, TargetChange } from './restore-target.ts'

/** How many requests are under way at the same time. */
const concurrency = 8

/** An Admin API as APISIX has it, ours or that of a stock APISIX. It sets times itself, and may add defaults. */
export function adminTarget(options: {
  /** `http://127.0.0.1:9180/apisix/admin` */
  readonly base: string
  readonly key: string
  readonly group: string
}): RestoreTarget {
  const { base, key, group } = options
  // A stock APISIX has no groups.
  const query = group === 'default' ? '' : `?gateway_group_id=${encodeURIComponent(group)}`
  const request = adminRequest({ base, key, query })

  async function make({ type, entry }: TargetChange, signal: AbortSignal): Promise<Refusal | undefined> {
    const path = resourcePath(entry)
    const answer =
      type === 'remove'
        ? await request('DELETE', path, { signal })
        : await request('PUT', path, { body: withoutTimes(entry.value), signal })
    const isDone = answer.status < 300 || (type === 'remove' && answer.status === 404)
    return isDone ? undefined : { kind: entry.kind, id: entry.id, reason: reasonOf(answer) }
  }

  return {
    name: base,
    load: async ({ wanted, signal }) => loadFromAdmin({ request, wanted, signal }),
    comparable: comparableWithAdmin,
    // Nobody gets the private keys of certificates back.
    hides: ({ kind }) => kind === 'ssls',
    accepts: acceptedByAdmin,
    async apply(changes, { signal, onProgress }) {
      const refused: Refusal[] = []
      let done = 0
      for (const batch of independent(changes)) {
        const outcomes = await Promise.all(batch.map(async (change) => make(change, signal)))
        refused.push(...outcomes.filter((outcome) => outcome !== undefined))
        done += batch.length
        onProgress(done)
      }
      return refused
    },
    close: async () => {},
  }
}

/** Groups of changes that do not depend on one another: of one type and kind, and of one level of owners. */
function* independent(changes: readonly TargetChange[]): Generator<readonly TargetChange[], void, undefined> {
  let batch: TargetChange[] = []
  for (const change of changes) {
    const [first] = batch
    if (first !== undefined && (batch.length === concurrency || !isAlike(first, change))) {
      yield batch
      batch = []
    }
    batch.push(change)
  }
  if (batch.length > 0) yield batch
}

function isAlike(left: TargetChange, right: TargetChange): boolean {
  const levelOf = ({ type, entry }: TargetChange): string =>
    `${String(type === 'remove')} ${entry.kind} ${entry.id.split('/').length}`
  return levelOf(left) === levelOf(right)
}

/** The server's sentence without the value that it may quote at its end. */
function reasonOf({ status, body }: AdminAnswer): string {
  if (status === 404 || status === 405) return `the target does not serve this kind (${status})`
  const said = sentenceOf(body)
  return said === undefined ? `answered ${status}` : `${status}: ${printable(said)}`
}

function sentenceOf(body: JsonValue | undefined): string | undefined {
  if (typeof body !== 'object' || body === null || !('error_msg' in body)) return undefined
  const { error_msg: message } = body
  return typeof message === 'string' ? message.replace(/ (with|of|got:?) ".*/s, ' …').slice(0, 300) : undefined
}
