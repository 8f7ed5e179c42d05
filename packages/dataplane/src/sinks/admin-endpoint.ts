import { entryKey, type Clock, type JsonValue } from '@outlast/snapshot'
import {
  adminBody,
  bodyText,
  heldConfiguration,
  versionsFor,
  type AdminBody,
  type HeldConfiguration,
  type ItemTexts,
} from './admin-body.ts'
import type { RefusedEntry } from './apisix-sink.ts'
import type { ApisixTarget } from './create-apisix-sink.ts'
import { jsonMember } from './json-member.ts'
import { findRefusals, type Refusal } from './refusals.ts'
import type { AdminAnswer, StandaloneAdminApi } from './standalone-admin-api.ts'
import type { StandaloneConfiguration, StandaloneItem } from './standalone-state.ts'
import { withoutContent } from './without-content.ts'

/** How often one attempt comes round again, because the node has refused items or somebody else has written. */
const rounds = 20

/** One APISIX node in API-driven standalone mode. */
export class AdminEndpoint implements ApisixTarget {
  readonly name: string
  readonly #api: StandaloneAdminApi
  readonly #clock: Clock
  readonly #texts: ItemTexts = new WeakMap()
  /** By key; they hold for the very same item only. */
  readonly #refusals = new Map<string, Refusal>()
  /** When it is wrong, because somebody else has written, the node says so. */
  #held: HeldConfiguration | undefined
  #accepted: AdminBody['lists'] = new Map()

  constructor(api: StandaloneAdminApi, clock: Clock) {
    this.name = api.name
    this.#api = api
    this.#clock = clock
  }

  get refused(): readonly RefusedEntry[] {
    return Array.from(this.#refusals.values(), ({ item: { kind, id }, reason }) => ({ kind, id, reason }))
  }

  async deliver(configuration: StandaloneConfiguration, signal: AbortSignal): Promise<'changed' | 'unchanged'> {
    this.#forgetRefusals(configuration)
    let body = await this.#body(configuration)
    if ((await this.#api.digest(signal)) === body.digest) return this.#accept(body, 'unchanged')
    for (let round = 0; round < rounds; round++) {
      this.#held ??= heldConfiguration(await this.#api.configuration(signal))
      const versions = versionsFor(body, this.#held, this.#clock.now())
      const answer = await this.#api.replace(bodyText(body, versions), body.digest, signal)
      if (answer.status === 202) {
        const kinds = new Map(Array.from(body.kinds, ([kind, { digest }]) => [kind, digest]))
        this.#held = { versions, kinds }
        return this.#accept(body, 'changed')
      }
      if (answer.status === 400 && !isOutdated(answer)) {
        await this.#noteRefusals(body, answer, signal)
        body = await this.#body(configuration)
        continue
      }
      // Somebody else has written meanwhile.
      this.#held = undefined
      if (answer.status === 204) return this.#accept(body, 'unchanged')
    }
    throw new Error(`${this.name}: refuses the configuration again and again (400)`)
  }

  async close(): Promise<void> {
    await this.#api.close()
  }

  /** What the node is to have: for what it refuses, what it took before, if anything. */
  async #body({ lists }: StandaloneConfiguration): Promise<AdminBody> {
    if (this.#refusals.size === 0) return adminBody(lists, this.#texts)
    const refusedKinds = new Set(Array.from(this.#refusals.values(), ({ item }) => item.kind))
    const taken = Array.from(lists, ([kind, items]): [string, readonly StandaloneItem[]] =>
      refusedKinds.has(kind) ? [kind, this.#taken(kind, items)] : [kind, items],
    )
    return adminBody(new Map(taken), this.#texts)
  }

  #taken(kind: string, items: readonly StandaloneItem[]): readonly StandaloneItem[] {
    const before = this.#accepted.get(kind) ?? []
    return items.flatMap((item) =>
      this.#refusals.get(entryKey(item))?.item === item ? before.filter(({ id }) => id === item.id) : item,
    )
  }

  #accept(body: AdminBody, outcome: 'changed' | 'unchanged'): 'changed' | 'unchanged' {
    this.#accepted = body.lists
    return outcome
  }

  async #noteRefusals(body: AdminBody, answer: AdminAnswer, signal: AbortSignal): Promise<void> {
    const refusals = await findRefusals(this.#api, body, answer, signal)
    if (refusals.length === 0) {
      const reason = reasonOf(answer, body)
      throw new Error(`${this.name}: refuses the configuration (400), and does not say which item: ${reason}`)
    }
    const refused = new Set(refusals.map(({ item }) => item))
    // Not even what it took before, if that is what was sent.
    this.#accepted = new Map(
      Array.from(this.#accepted, ([kind, items]) => [kind, items.filter((item) => !refused.has(item))]),
    )
    for (const refusal of refusals) {
      const key = entryKey(refusal.item)
      if (!this.#refusals.has(key)) this.#refusals.set(key, refusal)
    }
  }

  /** What has changed since may be taken. */
  #forgetRefusals({ lists }: StandaloneConfiguration): void {
    for (const [key, { item }] of this.#refusals) {
      if (!lists.get(item.kind)?.includes(item)) this.#refusals.delete(key)
    }
  }
}

function reasonOf({ body: told }: AdminAnswer, { lists }: AdminBody): string {
  const message = jsonMember(told, 'error_msg')
  if (typeof message !== 'string') return 'no reason was told'
  return withoutContent(message, valuesOf(lists))
}

function* valuesOf(lists: AdminBody['lists']): Generator<JsonValue> {
  for (const items of lists.values()) for (const { values } of items) yield* values
}

/** The node has newer versions than it was thought to have. */
function isOutdated({ body }: AdminAnswer): boolean {
  const message = jsonMember(body, 'error_msg')
  return typeof message === 'string' && /^\w+_conf_version must be greater than or equal to/.test(message)
}
