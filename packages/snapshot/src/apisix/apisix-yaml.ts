import type { JsonValue } from '../entries/entry.ts'
import { isJsonArray } from '../entries/json-array.ts'
import type { ApisixDocument } from './apisix-document.ts'

/**
 * The text of an `apisix.yaml`. Its last line is `#END`, without which APISIX takes the file for half written.
 *
 * Written by hand, and with every string in quotes: APISIX's parser reads YAML 1.1, where a bare `no`, `12:30` or `<<`
 * is no string, and the file may be large.
 */
export function apisixYaml(lists: ApisixDocument['lists']): string {
  const listed = Object.entries(lists).filter(([, items]) => items.length > 0)
  const texts = listed.flatMap(([kind, items]) => [apisixYamlList(kind), ...items.map(apisixYamlItem)])
  return [...(texts.length === 0 ? [apisixYamlNothing] : texts), apisixYamlEnd].join('')
}

/** What a list begins with; its items follow. For files that are written piece by piece. */
export function apisixYamlList(kind: string): string {
  return `${nameText(kind)}:\n`
}

/** One item of a list, with its line break. */
export function apisixYamlItem(item: JsonValue): string {
  const lines: string[] = []
  addItem(lines, step, item)
  lines.push('')
  return lines.join('\n')
}

/** In the place of all lists when there is none: APISIX does not load a file that holds nothing, and keeps what it has. */
export const apisixYamlNothing = 'routes: []\n'

export const apisixYamlEnd = '#END\n'

const step = '  '

function addMember(lines: string[], indent: string, name: string, value: JsonValue): void {
  const key = nameText(name)
  // YAML 1.1 looks for the colon within 1,024 characters.
  if (key.length > longestSimpleKey) lines.push(`${indent}? ${key}`)
  const start = key.length > longestSimpleKey ? `${indent}:` : `${indent}${key}:`
  addValue(lines, start, indent + step, value)
}

/** Adds the value behind `start` when it fits on that line, else below it. */
function addValue(lines: string[], start: string, indent: string, value: JsonValue): void {
  if (isJsonArray(value)) {
    lines.push(value.length === 0 ? `${start} []` : start)
    for (const item of value) addItem(lines, indent, item)
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
    lines.push(members.length === 0 ? `${start} {}` : start)
    for (const [name, member] of members) addMember(lines, indent, name, member)
  } else {
    lines.push(`${start} ${scalarText(value)}`)
  }
}

function addItem(lines: string[], indent: string, item: JsonValue): void {
  const first = lines.length
  addValue(lines, `${indent}-`, indent + step, item)
  // An object begins on the line of its dash, as people write it.
  const [dash, member, ...rest] = lines.splice(first)
  if (dash === `${indent}-` && member !== undefined) lines.push(`${dash} ${member.slice(indent.length + step.length)}`)
  else lines.push(...[dash, member].filter((line) => line !== undefined))
  for (const line of rest) lines.push(line)
}

const longestSimpleKey = 1000
const plainName = /^[a-z_][\w-]*$/i
const notPlain = /^(y|n|yes|no|on|off|true|false|null|e-?\d+)$/i
/** JSON leaves these as they are; YAML takes them for line breaks, or refuses them. */
// oxlint-disable-next-line no-control-regex -- that is what it is about
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

function nameText(name: string): string {
  return plainName.test(name) && !notPlain.test(name) ? name : scalarText(name)
}

// APISIX replaces `${{NAME}}` from its environment in the text of the file, and ignores a file with a name that it does
// not find. Nothing is replaced in what comes from its store, so that the characters stand for themselves.
const substitution = /\$(?=\{\{)/g

function scalarText(value: string | number | boolean | null): string {
  return JSON.stringify(value).replaceAll(unprintable, escaped).replaceAll(substitution, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
