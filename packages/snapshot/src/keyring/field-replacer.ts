import type { Entry } from '../entries/entry.ts'
import { namesInPointer } from '../entries/json-pointer.ts'
import { fieldTree, replaceAlong, type ReplaceField } from './field-tree.ts'
import type { SensitiveFields } from './sensitive-fields.ts'

/**
 * Calls `replace` for each sensitive field that is there, with its value and its JSON pointer, and puts what it
 * returns in its place. Returns the very same entry when it always returns the very same value.
 */
export type FieldReplacer = (entry: Entry, replace: ReplaceField) => Entry

/**
 * Lays out a list of sensitive fields for quick use: an entry without any costs a fraction of a microsecond.
 * Throws `TypeError` when something in the list is no JSON pointer.
 */
export function fieldReplacer({ kinds, plugins }: Pick<SensitiveFields, 'kinds' | 'plugins'>): FieldReplacer {
  const ofPlugins = new Map(Object.entries(plugins).map(([name, pointers]) => [name, pointers.map(namesInPointer)]))
  const inPlugins = [...ofPlugins].flatMap(([name, fields]) => fields.map((names) => ['plugins', name, ...names]))
  const ofKinds = new Map(Object.entries(kinds).map(([kind, pointers]) => [kind, pointers.map(namesInPointer)]))

  const anyTree = fieldTree(inPlugins)
  const byKind = new Map([...ofKinds].map(([kind, fields]) => [kind, fieldTree([...fields, ...inPlugins])]))
  const ofMetadata = ofKinds.get(metadataKind) ?? []
  const byPlugin = new Map([...ofPlugins].map(([name, fields]) => [name, fieldTree([...fields, ...ofMetadata])]))

  return (entry, replace) => {
    const ofPlugin = entry.kind === metadataKind ? byPlugin.get(entry.id) : undefined
    const value = replaceAlong(ofPlugin ?? byKind.get(entry.kind) ?? anyTree, entry.value, replace)
    return value === entry.value ? entry : { ...entry, value }
  }
}

const metadataKind = 'plugin_metadata'
