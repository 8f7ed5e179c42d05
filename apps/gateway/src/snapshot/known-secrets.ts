import { fieldReplacer, namesInPointer, type Entry, type EntryRef, type JsonValue } from '@outlast/snapshot'
import { sensitiveFields } from '@outlast/snapshot/apisix'

/** Finds the fields that are known to be secret. */
export interface KnownSecrets {
  /** The JSON pointers of those in an entry. */
  of(entry: Entry): ReadonlySet<string>
  /** The same when nothing is known of an entry but what stands at one place. A field around that place counts as well. */
  at(ref: EntryRef, pointer: string, value: JsonValue): ReadonlySet<string>
}

/** The fields that `@outlast/snapshot/apisix` lists. */
export function knownSecrets(): KnownSecrets {
  const replaceFields = fieldReplacer(sensitiveFields)

  function of(entry: Entry): ReadonlySet<string> {
    const pointers = new Set<string>()
    replaceFields(entry, (value, pointer) => {
      pointers.add(pointer)
      return value
    })
    return pointers
  }

  return {
    of,
    at(ref, pointer, value) {
      const names = namesInPointer(pointer)
      return of({ ...ref, value: names.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) })
    },
  }
}
