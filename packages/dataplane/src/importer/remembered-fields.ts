import { isSameProtection, type Entry, type FieldProtection, type ProtectionOf } from '@outlast/snapshot'
import { revealEntry, type ClearEntry } from './reveal-entry.ts'

/** A protection that remembers what it made of each entry, so that only entries that are new cost anything. */
export interface RememberedFields {
  reveal(entry: Entry): ClearEntry
  protect(entry: Entry): Entry
}

/** The protections of instance configurations that follow each other; as long as the keys are the same it is the same one. */
export function rememberedFields(protectionOf: ProtectionOf): (instance: Iterable<Entry>) => RememberedFields {
  let known: { readonly protection: FieldProtection; readonly fields: RememberedFields } | undefined
  return (instance) => {
    const protection = protectionOf(instance)
    if (known === undefined || !isSameProtection(known.protection, protection))
      known = { protection, fields: remembering(protection) }
    return known.fields
  }
}

function remembering(protection: FieldProtection): RememberedFields {
  return {
    reveal: remembered((entry) => revealEntry(entry, protection)),
    protect: remembered((entry) => protection.protect(entry)),
  }
}

function remembered<Made extends object>(make: (entry: Entry) => Made): (entry: Entry) => Made {
  const known = new WeakMap<Entry, Made>()
  return (entry) => {
    const found = known.get(entry)
    if (found !== undefined) return found
    const made = make(entry)
    known.set(entry, made)
    return made
  }
}
