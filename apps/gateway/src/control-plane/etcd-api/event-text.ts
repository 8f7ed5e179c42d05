import type { StoreEvent } from '../store/config-store.ts'
import { eventJson } from './answer-json.ts'

/** The JSON of an event: ASCII, because keys and values are base64 in it. */
export type EventText = (event: StoreEvent) => string

/** Makes the JSON of an event once, however many watches it goes to, and keeps it for as long as somebody keeps the event. */
export function eventText(): EventText {
  const texts = new WeakMap<StoreEvent, string>()
  return (event) => {
    const text = texts.get(event) ?? JSON.stringify(eventJson(event))
    texts.set(event, text)
    return text
  }
}
