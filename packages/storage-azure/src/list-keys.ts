import type { ContainerClient } from '@azure/storage-blob'

import { inUtf8Order } from './in-utf8-order.ts'
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
 * The keys page by page. Azure cannot start in the middle, so with `after` everything before it is still
 * listed, and left out by the caller.
 */
export function listKeys(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  return inUtf8Order(keysAsListed(options))
}

async function* keysAsListed(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  const { container, prefix, after, limit = Infinity, signal } = options
  const maxPageSize = after === undefined ? Math.min(limit, largestPage) : largestPage
  const pages = container.listBlobsFlat({ prefix, abortSignal: signal }).byPage({ maxPageSize })
  for await (const page of pages) {
    checkAnswer(page)
    for (const blob of page.segment.blobItems) yield blob.name
  }
}
