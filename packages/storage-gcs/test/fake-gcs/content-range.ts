import { refusals } from './refusal.ts'

/** What a request to an upload session says that it brings. */
export type ContentRange =
  | { readonly kind: 'status'; readonly total: number | undefined }
  | {
      readonly kind: 'bytes'
      readonly first: number
      /** Absent (`*`): everything that is left. */
      readonly last: number | undefined
      /** Absent (`*`): not known yet. */
      readonly total: number | undefined
    }

/** `bytes 0-262143/*`, `bytes 262144-300000/300001`, `bytes 0-*\/*`, or the question `bytes *\/*`. */
export function parseContentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { kind: 'bytes', first: 0, last: undefined, total: undefined }
  const [, range, total = '*'] = /^bytes (\*|\d+-(?:\d+|\*))\/(\d+|\*)$/.exec(header) ?? []
  if (range === undefined) throw refusals.badRequest(`Invalid Content-Range: ${header}`)
  if (range === '*') return { kind: 'status', total: numberOf(total) }
  const [first = '', last = '*'] = range.split('-')
  return { kind: 'bytes', first: Number(first), last: numberOf(last), total: numberOf(total) }
}

const numberOf = (text: string) => (text === '*' ? undefined : Number(text))
