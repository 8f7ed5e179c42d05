import { setTimeout as wait } from 'node:timers/promises'

import { defineStorage, StorageError, type StorageAdapter, type StorageDefinition } from '@outlast/storage'

import { httpDefinition, httpParts, type HttpAddress, type HttpParts } from './http-definition.ts'

export interface BrokenHttpAdapter {
  /** How the names of the checks begin that have to fail, whichever others do. */
  readonly caughtBy: readonly string[]
  open(address: HttpAddress & { readonly timeoutMs: number }): StorageAdapter
}

// Long enough for them to come, also on a machine that has much else to do.
const headersMs = 2_000
// Longer than a check waits: however late a drop comes, this is not what ends the call.
const pieceMs = 10_000

/** Adapters on plain `fetch` with one defect each, which only a server that misbehaves brings to light. */
export const brokenHttpAdapters: Readonly<Record<string, BrokenHttpAdapter>> = {
  'has no deadline': {
    caughtBy: ['a server that misbehaves > accepts connections and never answers: every call'],
    open: (address) => withoutDeadlines(httpDefinition(address)),
  },

  'leaves the connection of a call that has ended': {
    caughtBy: [
      'a server that misbehaves > accepts connections and never answers: every call',
      'a server that misbehaves > stalls in the headers: an aborted call',
    ],
    open: defined({ ask: (url, init) => httpParts.ask(url, { ...init, signal: null }) }),
  },

  'has a deadline for the headers only': {
    caughtBy: ['a server that misbehaves > stalls in the body: get'],
    open: (address) =>
      withoutDeadlines(
        httpDefinition(address, {
          ask: (url, init) => inTime(httpParts.ask(url, { ...init, signal: null }), headersMs),
        }),
      ),
  },

  'has a deadline for every piece of a body': {
    caughtBy: ['a server that misbehaves > sends its answer drop by drop: get'],
    open: (address) =>
      withoutDeadlines(
        httpDefinition(address, {
          async readBody({ body }) {
            const reader = body?.getReader()
            const pieces: Uint8Array[] = []
            for (;;) {
              const piece = await inTime(reader?.read() ?? Promise.resolve(undefined), pieceMs)
              if (piece?.value === undefined) return Buffer.concat(pieces)
              pieces.push(piece.value)
            }
          },
        }),
      ),
  },

  'takes any 404 for "absent"': {
    caughtBy: ["a server that misbehaves > answers with a proxy's 404"],
    open: defined({
      async ask(url, init) {
        const response = await fetch(url, { ...init, redirect: 'manual' })
        return response.status === 404 ? response : httpParts.ask(url, init)
      },
    }),
  },

  'takes any success for one': {
    caughtBy: ["a server that misbehaves > answers with a proxy's 200"],
    open: defined({
      async ask(url, init) {
        const response = await fetch(url, { ...init, redirect: 'manual' })
        return response.ok ? response : httpParts.ask(url, init)
      },
    }),
  },

  'follows a redirect to wherever it leads': {
    caughtBy: ['a server that misbehaves > is behind a proxy that redirects'],
    open: defined({
      async ask(url, init) {
        const response = await fetch(url, init)
        return response.redirected ? response : httpParts.ask(url, init)
      },
    }),
  },

  'takes an empty page for an empty listing': {
    caughtBy: ['a server that misbehaves > answers 200 without anything'],
    open: defined({
      async ask(url, init) {
        const response = await fetch(url, { ...init, redirect: 'manual' })
        return response.headers.get('content-length') === '0' ? response : httpParts.ask(url, init)
      },
      async readPage(response) {
        if (response.headers.get('content-length') === '0') return { keys: [], more: false }
        return httpParts.readPage(response)
      },
    }),
  },

  'gives what it has of a body that broke off': {
    caughtBy: [
      'a server that misbehaves > closes the connection in the body',
      'a server that misbehaves > resets the connection in the body',
      'a server that misbehaves > sends less than it announces',
      'a network that misbehaves > gives no part of an object when the connection is closed',
      'a network that misbehaves > gives no part of an object when the connection is reset',
    ],
    open: defined({ readBody: readWhatComes }),
  },

  'does not compare with the announced length': {
    caughtBy: ['a server that misbehaves > announces no length'],
    open: defined({ readBody: async (response) => new Uint8Array(await response.arrayBuffer()) }),
  },

  'takes every failure for a refusal': {
    caughtBy: ['a server that misbehaves > answers 429', 'a server that misbehaves > refuses connections'],
    open: renamed('denied'),
  },

  'tells no failure from another': {
    caughtBy: [
      'a server that misbehaves > answers 500',
      'a server that misbehaves > answers 403',
      'a server that misbehaves > says that the credentials have expired',
    ],
    open: renamed('unknown'),
  },

  'repeats what the server said': {
    caughtBy: ['a server that misbehaves > answers 500'],
    open: defined({
      async ask(url, init) {
        const response = await fetch(url, { ...init, redirect: 'manual' })
        if (response.status < 500) return httpParts.ask(url, init)
        throw new StorageError({ code: 'unavailable', message: await response.text() })
      },
    }),
  },

  'tries to create again by itself': {
    caughtBy: ['a network that misbehaves > tells no creator that it has lost who may have won'],
    open: defined({
      async ask(url, init) {
        try {
          return await httpParts.ask(url, init)
        } catch {
          return httpParts.ask(url, init)
        }
      },
    }),
  },

  'takes a write for done whose answer was lost': {
    caughtBy: ['a network that misbehaves > takes no write for done'],
    open: defined({
      async ask(url, init) {
        try {
          return await httpParts.ask(url, init)
        } catch (error) {
          if (init.method !== 'PUT' || StorageError.isInstance(error)) throw error
          return new Response(null, { status: 201, headers: { etag: 'unknown' } })
        }
      },
    }),
  },

  'answers from its memory when the server is away': {
    caughtBy: ['a network that misbehaves > fails in every call while the server is gone'],
    open({ timeoutMs, ...address }) {
      const adapter = defineStorage(httpDefinition(address), { timeoutMs })
      return { ...adapter, delete: (key, options) => adapter.delete(key, options).catch(() => undefined) }
    },
  },

  'does not come back after a failure': {
    caughtBy: ['a network that misbehaves > fails in every call while the server is gone'],
    open({ timeoutMs, ...address }) {
      let failure: unknown
      const parts: Partial<HttpParts> = {
        async ask(url, init) {
          if (failure !== undefined) throw failure
          try {
            return await httpParts.ask(url, init)
          } catch (error) {
            failure = error
            throw error
          }
        },
      }
      return defineStorage(httpDefinition(address, parts), { timeoutMs })
    },
  },
}

function defined(parts: Partial<HttpParts>): BrokenHttpAdapter['open'] {
  return ({ timeoutMs, ...address }) => defineStorage(httpDefinition(address, parts), { timeoutMs })
}

/** Whatever goes wrong has this code. */
function renamed(code: 'denied' | 'unknown'): BrokenHttpAdapter['open'] {
  return ({ timeoutMs, ...address }) => {
    const ask: HttpParts['ask'] = (url, init) =>
      httpParts.ask(url, init).catch((cause: unknown) => {
        throw new StorageError({ code, message: 'it failed', cause })
      })
    return defineStorage(httpDefinition(address, { ask }), { timeoutMs })
  }
}

/** What an author may write who does not know `defineStorage`, but gives errors their class. */
function withoutDeadlines(definition: StorageDefinition): StorageAdapter {
  // The longest deadline that there is.
  return defineStorage(definition, { timeoutMs: 2 ** 31 - 1 })
}

async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const late = wait(timeoutMs, undefined, { ref: false }).then((): never => {
    throw new StorageError({ code: 'timeout', message: 'too late' })
  })
  return Promise.race([promise, late])
}

async function readWhatComes({ body }: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of body ?? []) pieces.push(piece)
  } catch {
    // The defect itself.
  }
  return Buffer.concat(pieces)
}
