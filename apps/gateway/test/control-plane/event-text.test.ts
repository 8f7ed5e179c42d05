import { describe, expect, it } from 'vitest'

import { eventJson } from '../../src/control-plane/etcd-api/answer-json.ts'
import { eventText } from '../../src/control-plane/etcd-api/event-text.ts'
import type { StoreEvent } from '../../src/control-plane/store/config-store.ts'

/** An event that counts how often its value is read. */
function countedPut(name: string): { readonly event: StoreEvent; readonly reads: () => number } {
  let reads = 0
  const item = {
    key: `/gateway_groups/default/routes/${name}`,
    createRevision: 2,
    modRevision: 3,
    version: 2,
    get value() {
      reads += 1
      return '{"uri":"/ä"}'
    },
  }
  return { event: { type: 'put', item }, reads: () => reads }
}

describe('the text of an event', () => {
  it('is the JSON that etcd has for it, in ASCII', () => {
    const removal: StoreEvent = { type: 'delete', key: '/gateway_groups/default/routes/2', modRevision: 4 }
    for (const event of [countedPut('1').event, removal]) {
      expect(JSON.parse(eventText(event))).toEqual(eventJson(event))
      expect(eventText(event)).toMatch(/^[\x20-\x7e]+$/)
    }
  })

  it('is made once, however many watches it goes to', () => {
    const { event, reads } = countedPut('1')
    const text = eventText(event)
    const readsOfOne = reads()
    for (let follower = 0; follower < 100; follower += 1) expect(eventText(event)).toBe(text)
    expect(readsOfOne).toBeGreaterThan(0)
    expect(reads()).toBe(readsOfOne)
  })
})
