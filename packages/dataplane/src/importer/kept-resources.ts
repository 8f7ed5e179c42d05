import {
  eachInSlices,
  entrySetInSlices,
  mapInSlices,
  type Entry,
  type EntryRef,
  type EntrySet,
} from '@outlast/snapshot'
import { differences, itemsOf, type Content, type ContentItem } from './content.ts'
import type { RememberedFields } from './remembered-fields.ts'

/** The resources of local copies as they are written: each is made from the one before, so that it costs what has changed. */
export class KeptResources {
  #last: { readonly content: Content; readonly fields: RememberedFields; readonly entries: EntrySet } | undefined

  async of(content: Content, fields: RememberedFields): Promise<EntrySet> {
    const last = this.#last
    // Other keys make other entries of everything.
    const entries =
      last?.fields === fields
        ? await changed(last.entries, last.content, content, fields)
        : await entrySetInSlices(await mapInSlices(itemsOf(content, 'resources'), (item) => stored(item, fields)))
    this.#last = { content, fields, entries }
    return entries
  }
}

async function changed(
  entries: EntrySet,
  before: Content,
  content: Content,
  fields: RememberedFields,
): Promise<EntrySet> {
  const upserted: Entry[] = []
  const removed: EntryRef[] = []
  await eachInSlices(differences(before, content), ({ before: previous, after }) => {
    if (after?.domain === 'resources') upserted.push(stored(after, fields))
    else if (previous?.domain === 'resources') removed.push(previous.entry)
  })
  return entries.with({ upserted, removed })
}

/** What could not be decrypted stays as it was stored; encrypted once more, it would look as if it could. */
function stored({ entry, fault }: ContentItem, fields: RememberedFields): Entry {
  return fault === undefined ? fields.protect(entry) : entry
}
