import { isSameProtection, type Entry, type FieldProtection, type ProtectionOf } from '@outlast/snapshot'
import { revealEntry, type ClearEntry } from './reveal-entry.ts'

/** A protection that remembers what it made of entries with secrets in them, so that only those that are new cost anything. */
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
    reveal: remembered(
      (entry) => revealEntry(entry, protection),
      (entry, made) => made.entry === entry && made.fault === undefined,
    ),
    protect: remembered(
      (entry) => protection.protect(entry),
      (entry, made) => made === entry,
    ),
  }
}

/** What stays as it is is not remembered: to find that out again takes less time, and no memory. */
function remembered<Made extends object>(
  make: (entry: Entry) => Made,
  isUnchanged: (entry: Entry, made: Made) => boolean,
): (entry: Entry) => Made {
  const known = new WeakMap<Entry, Made>()
  return (entry) => {
    const found = known.get(entry)
    if (found !== undefined) return found
    const made = make(entry)
    if (!isUnchanged(entry, made)) known.set(entry, made)
    return made
  }
}
