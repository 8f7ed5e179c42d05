import { isJsonArray, type JsonValue } from '@outlast/snapshot'
import type { AdminBody } from './admin-body.ts'
import { jsonMember } from './json-member.ts'
import type { AdminAnswer, StandaloneAdminApi } from './standalone-admin-api.ts'
import type { StandaloneItem } from './standalone-state.ts'
import { withoutContent } from './without-content.ts'

/** An item that a node does not take. */
export interface Refusal {
  readonly item: StandaloneItem
  /** In the node's words, without content. */
  readonly reason: string
}

/** APISIX validates requests of up to 1.5 MiB. */
const longestRequest = 1_400_000

/**
 * Finds out which items made a node refuse a body: `PUT` names at most one of them, and most versions of APISIX none, but
 * tells about each when it is only asked to validate. Empty when it cannot be told.
 */
export async function findRefusals(
  api: StandaloneAdminApi,
  body: AdminBody,
  refused: AdminAnswer,
  signal: AbortSignal,
): Promise<readonly Refusal[]> {
  const found: Refusal[] = []
  for (const batch of batches(body)) {
    const { status, body: answer } = await api.validate(textOf(batch), signal)
    if (status !== 200 && status !== 400) break
    found.push(...refusalsOf(batch, answer))
  }
  return found.length > 0 ? found : namedIn(body, refused)
}

interface BatchItem {
  readonly item: StandaloneItem
  readonly text: string
}

/** By kind. */
type Batch = Map<string, BatchItem[]>

function* batches(body: AdminBody): Generator<Batch> {
  let batch: Batch = new Map()
  let bytes = 0
  for (const [kind, list] of body.lists) {
    for (const one of flattened(body, kind, list)) {
      const size = Buffer.byteLength(one.text)
      if (size > longestRequest) continue
      if (bytes + size > longestRequest) {
        yield batch
        batch = new Map()
        bytes = 0
      }
      bytes += size + 1
      const others = batch.get(kind)
      if (others === undefined) batch.set(kind, [one])
      else others.push(one)
    }
  }
  if (batch.size > 0) yield batch
}

/** Of `plugins` one item may hold several of a list. */
function flattened(body: AdminBody, kind: string, list: readonly StandaloneItem[]): BatchItem[] {
  const texts = body.kinds.get(kind)?.items ?? []
  return list.flatMap((item) => item.values.map(() => item)).map((item, index) => ({ item, text: texts[index] ?? '' }))
}

function textOf(batch: Batch): string {
  const members = Array.from(batch, ([kind, list]) => `"${kind}":[${list.map(({ text }) => text).join(',')}]`)
  return `{${members.join(',')}}`
}

function refusalsOf(batch: Batch, answer: JsonValue | undefined): Refusal[] {
  const errors = jsonMember(answer, 'errors')
  if (!isJsonArray(errors)) return []
  return errors.flatMap((error) => {
    const [kind, index] = [jsonMember(error, 'resource_type'), jsonMember(error, 'index')]
    if (typeof kind !== 'string' || typeof index !== 'number') return []
    return refusal(batch.get(kind)?.[index]?.item, jsonMember(error, 'error'))
  })
}

/** Versions of APISIX that cannot validate name the first one. */
function namedIn(body: AdminBody, answer: AdminAnswer): Refusal[] {
  const message = jsonMember(answer.body, 'error_msg')
  const match = typeof message === 'string' ? /^invalid (\w+) at index (\d+), err: (.*)$/s.exec(message) : null
  if (match === null) return []
  const [, kind = '', index = '', reason = ''] = match
  return refusal(flattened(body, kind, body.lists.get(kind) ?? [])[Number(index)]?.item, reason)
}

function refusal(item: StandaloneItem | undefined, reason: JsonValue | undefined): Refusal[] {
  if (item === undefined) return []
  const told = typeof reason === 'string' ? withoutContent(reason, item.values) : 'no reason was told'
  return [{ item, reason: told }]
}
