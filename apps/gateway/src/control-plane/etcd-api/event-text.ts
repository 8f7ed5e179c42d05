import type { StoreEvent } from '../store/config-store.ts'
import { eventJson } from './answer-json.ts'

const texts = new WeakMap<StoreEvent, string>()

/**
 * The JSON of an event: ASCII, because keys and values are base64 in it. Made once, however many watches and listeners it
 * goes to, and kept for as long as somebody keeps the event.
 */
export function eventText(event: StoreEvent): string {
  const known = texts.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify(eventJson(event))
  texts.set(event, text)
  return text
}
