import { isJsonArray, type JsonValue } from '@outlast/snapshot'

const longest = 300

/**
 * A message of APISIX about these values, without what they hold: it quotes texts that do not fit, and these may be
 * secrets. Names of properties stay.
 */
export function withoutContent(message: string, values: Iterable<JsonValue>): string {
  const texts = new Set<string>()
  for (const value of values) collectTexts(value, message, texts)
  let told = message
  // Longest first: one may be part of another.
  for (const text of [...texts].sort((left, right) => right.length - left.length)) told = told.replaceAll(text, '…')
  told = told.replaceAll(quoted, (match: string, property: string | undefined) =>
    property === undefined ? '"…"' : match,
  )
  return told.length > longest ? `${told.slice(0, longest)}…` : told
}

const quoted = /(property )?"(?:[^"\\]|\\.)*"/g

function collectTexts(value: JsonValue, message: string, texts: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    // What is shorter stands for itself in too many words.
    if (text.length > 2 && message.includes(text)) texts.add(text)
  } else if (isJsonArray(value)) {
    for (const item of value) collectTexts(item, message, texts)
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collectTexts(member, message, texts)
  }
}
