// Stands for your own database: versioned, and able to read everything as of one revision.
import type { Entry, JsonValue } from '@outlast/snapshot'

export interface Database {
  consistentRead(signal: AbortSignal): Promise<{ revision: number; resources: Entry[]; instance: Entry[] }>
  putRoute(id: string, value: JsonValue): void
  onCommit(listener: () => void): void
}

export function createDatabase(): Database {
  const routes = new Map<string, JsonValue>()
  const listeners: (() => void)[] = []
  let revision = 0
  return {
    async consistentRead(signal) {
      signal.throwIfAborted()
      return { revision, resources: [...routes].map(([id, value]) => ({ kind: 'routes', id, value })), instance: [] }
    },
    putRoute(id, value) {
      revision += 1
      routes.set(id, value)
      for (const listener of listeners) listener()
    },
    onCommit(listener) {
      listeners.push(listener)
    },
  }
}
