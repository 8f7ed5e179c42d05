import type { ContainerClient } from '@azure/storage-blob'

import { inUtf8Order, undisputedStart } from './in-utf8-order.ts'
import { checkAnswer } from './unexpected-answer.ts'

export interface ListKeysOptions {
  readonly container: ContainerClient
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

const largestPage = 5000

/**
 * The keys page by page, from `after` on (`startFrom`, of service version 2026-02-06). That key itself, and keys before it
 * of a server that does not know `startFrom`, are left out by the caller.
 */
export function listKeys(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  return inUtf8Order(keysAsListed(options))
}

async function* keysAsListed(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  const { container, prefix, after, limit = Infinity, signal } = options
  const maxPageSize = after === undefined ? Math.min(limit, largestPage) : largestPage
  // From where both orders agree that everything wanted comes later.
  const start = undisputedStart(after ?? '')
  const startFrom = start.startsWith(prefix) && start !== prefix ? { startFrom: start } : {}
  const pages = container.listBlobsFlat({ prefix, abortSignal: signal, ...startFrom }).byPage({ maxPageSize })
  for await (const page of pages) {
    checkAnswer(page)
    for (const blob of page.segment.blobItems) yield blob.name
  }
}
