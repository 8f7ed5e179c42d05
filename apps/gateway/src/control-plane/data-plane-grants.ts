import type { Clock } from '@outlast/snapshot'

import { defaultGroup, registeredGroup, registrationSpan, tokenGroup, tokenSpan } from './gateway-groups.ts'
import { parseStored } from './json-object.ts'
import { ownerOfDigest, sha256 } from './secret-list.ts'
import type { ConfigStore, StoredItem } from './store/config-store.ts'
import { StoreError } from './store/store-error.ts'

/** That a generated token lets data planes of a group in, since a revision. */
interface TokenGrant {
  readonly group: string
  readonly modRevision: number
}

/** What the store says, at a revision or later, of who may read what. */
export interface DataPlaneGrants {
  readonly revision: number
  /** Whether there is such a group. */
  hasGroup(group: string): boolean
  /** What a token grants, if it is one that was generated. Takes as long for a wrong token as for a right one. */
  ofToken(token: string): TokenGrant | undefined
  /** Whether a token still grants what it did: its group was not deleted, nor given another one. */
  stillHold(grant: TokenGrant): boolean
}

export interface GrantsReader {
  /** As they are now. Whoever asks at the same time as others shares one reading with them. */
  now(): Promise<DataPlaneGrants>
  /**
   * As of a revision, or later: read once for it, however many ask. Waits out a store that does not answer: whoever was let
   * in is told nothing meanwhile, and is not sent away.
   */
  since(revision: number, signal: AbortSignal): Promise<DataPlaneGrants>
}

/** How long after a failure it is tried again. */
const retryMs = 1_000

/** Reads who may read what, for all of a server's clients. Rejects with `StoreError`, or with the signal's reason. */
export function grantsReader({ store, clock }: { readonly store: ConfigStore; readonly clock: Clock }): GrantsReader {
  let newest: DataPlaneGrants | undefined
  let running: Promise<DataPlaneGrants> | undefined
  let waiting: Promise<DataPlaneGrants> | undefined

  const read = async (sinceRevision: number): Promise<DataPlaneGrants> => {
    try {
      // Every request asks, and hardly any finds something new.
      const known = newest !== undefined && newest.revision >= sinceRevision ? newest : undefined
      if (known !== undefined && known.revision === (await store.revision())) return known
      return (newest = await readGrants(store))
    } finally {
      running = undefined
    }
  }
  const start = (sinceRevision = 0): Promise<DataPlaneGrants> => {
    waiting = undefined
    return (running = read(sinceRevision))
  }
  const startAgain = (): Promise<DataPlaneGrants> => start()
  // What is being read may have been read before the caller came: it takes part in the next reading.
  const now = (): Promise<DataPlaneGrants> =>
    running === undefined ? start() : (waiting ??= running.then(startAgain, startAgain))

  return {
    now,
    async since(revision, signal) {
      for (;;) {
        if (newest !== undefined && newest.revision >= revision) return newest
        try {
          // What is being read already may be new enough.
          if (running !== undefined) await running
          else if ((await start(revision)).revision < revision) await clock.sleep(retryMs, { signal })
        } catch (error) {
          if (!(StoreError.isInstance(error) && error.code === 'unavailable')) throw error
          await clock.sleep(retryMs, { signal })
        }
      }
    },
  }
}

async function readGrants(store: ConfigStore): Promise<DataPlaneGrants> {
  const [registered, tokens] = await Promise.all([
    store.range({ keys: registrationSpan }),
    store.range({ keys: tokenSpan }),
  ])
  const groups = new Set([defaultGroup, ...registered.items.map(registeredGroup)])
  const grants = tokens.items.map((item) => ({
    digest: Buffer.from(keptDigest(item.value), 'hex'),
    owner: { group: tokenGroup(item), modRevision: item.modRevision },
  }))
  const tokenRevisions = new Map(grants.map(({ owner }) => [owner.group, owner.modRevision]))
  return {
    revision: Math.min(registered.revision, tokens.revision),
    hasGroup: (group) => groups.has(group),
    ofToken: (token) => ownerOfDigest(grants, sha256(token)),
    stillHold: ({ group, modRevision }) => tokenRevisions.get(group) === modRevision,
  }
}

/** One that is damaged lets nobody in, and must not keep out everybody else. */
function keptDigest(text: StoredItem['value']): string {
  try {
    const digest = parseStored(text)['sha256']
    return typeof digest === 'string' ? digest : ''
  } catch {
    return ''
  }
}
