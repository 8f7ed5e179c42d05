import { setTimeout as sleep } from 'node:timers/promises'
import { adminKey } from './control-plane-seat.ts'
import { WriteLedger } from './write-ledger.ts'

export interface Writers {
  /** Answers that no history explains. */
  readonly contradictions: readonly string[]
  /** Send no more; resolves when nothing is on its way. */
  stop(): Promise<void>
}

// Twenty entries and more that differ at once would be taken for an accident, and held.
const routeWriters = 3
const routesEach = 4
/** How long a writer waits when nobody answers. */
const pauseMs = 20

/** What writers write: routes of very different sizes, and consumers that own credentials. */
export function createWriteLedger(): WriteLedger {
  return new WriteLedger((key, mark) => {
    const desc = `${mark} of ${key}`
    if (key.includes('/credentials/')) return { desc, plugins: { 'key-auth': { key: `key ${desc}` } } }
    if (key.startsWith('consumers/')) return { desc, username: key.slice('consumers/'.length) }
    const uris = Array.from({ length: 1 + ((mark * 37) % 100) }, (_, at) => `/${key}/${mark}/${at}`)
    return { desc, uris, upstream: { nodes: { '127.0.0.1:1': 1 } } }
  })
}

/**
 * Write without a pause to the Admin APIs, each to the one that answered it last. What they send and hear is in the ledger;
 * a write without an answer is not sent again.
 */
export function startWriters(ledger: WriteLedger, adminUrls: readonly string[]): Writers {
  const stopping = new AbortController()
  const contradictions: string[] = []

  async function write(send: Send, key: string): Promise<boolean> {
    const mayHaveBeenAbsent = ledger.mayBeAbsent(key)
    const { mark, value } = ledger.begin(key)
    const status = await send('PUT', key, value)
    if (status === undefined) return false
    if (status !== 200 && status !== 201) contradictions.push(`PUT ${key} is answered with ${status}`)
    if (status === 201 && !mayHaveBeenAbsent) contradictions.push(`${key} was lost: PUT has created it again`)
    ledger.acknowledge(key, mark)
    return true
  }

  /** With all that it owns. */
  async function remove(send: Send, key: string, owned: readonly string[] = []): Promise<void> {
    const mayHaveBeenAbsent = ledger.mayBeAbsent(key)
    ledger.beginDeletion([key, ...owned])
    const status = await send('DELETE', key)
    if (status === undefined) return
    if (status !== 200 && !(status === 404 && mayHaveBeenAbsent))
      contradictions.push(`DELETE ${key} is answered with ${status}`)
    for (const each of [key, ...owned]) ledger.acknowledge(each, 0)
  }

  async function writeRoutes(writer: number): Promise<void> {
    const send = sender(adminUrls, writer)
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const key = `routes/${writer}-${turn % routesEach}`
      if (turn % 7 === 3) await remove(send, key)
      else await write(send, key)
    }
  }

  /** All of it is deleted at once. */
  async function writeConsumer(): Promise<void> {
    const send = sender(adminUrls, routeWriters)
    const consumer = 'consumers/owner'
    const credentials = ['a', 'b', 'c'].map((id) => `${consumer}/credentials/${id}`)
    while (!stopping.signal.aborted) {
      let isComplete = await write(send, consumer)
      for (const credential of credentials) isComplete &&= await write(send, credential)
      await remove(send, consumer, credentials)
    }
  }

  const running = [...Array.from({ length: routeWriters }, (_, writer) => writeRoutes(writer)), writeConsumer()]
  return {
    contradictions,
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}

/** Resolves with the status, or with `undefined` when nobody knows what became of it. */
type Send = (method: string, resource: string, value?: object) => Promise<number | undefined>

function sender(adminUrls: readonly string[], first: number): Send {
  let turn = first
  return async (method, resource, value) => {
    try {
      const response = await fetch(`${adminUrls[turn % adminUrls.length]}/apisix/admin/${resource}`, {
        method,
        headers: { 'x-api-key': adminKey, 'content-type': 'application/json' },
        ...(value && { body: JSON.stringify(value) }),
        signal: AbortSignal.timeout(10_000),
      })
      await response.text()
      if (response.status < 500) return response.status
    } catch {
      // It is gone, or was killed in the middle.
    }
    turn += 1
    await sleep(pauseMs)
    return undefined
  }
}
