import type { Domain } from '../entries/entry.ts'

/** The keys of one group and domain, below the storage's own prefix. SPEC section 3. */
export interface Layout {
  /** Prefix of all manifests. */
  readonly manifests: string
  readonly manifest: (sequence: number) => string
  /** `undefined` for keys that are no manifest's. */
  readonly sequenceOf: (key: string) => number | undefined
  /** Prefix of all parts. */
  readonly parts: string
  /** Full key of a part from the key in its `PartReference`. */
  readonly part: (reference: { readonly key: string }) => string
  readonly head: string
  readonly probe: string
}

const groupPattern = /^[a-zA-Z0-9_.-]{1,64}$/

/** Throws `TypeError` when the group is not a safe path segment. */
export function layoutOf(group: string, domain: Domain): Layout {
  if (!groupPattern.test(group) || group === '.' || group === '..') {
    throw new TypeError('A group is 1 to 64 letters, digits, dots, dashes and underscores, and neither "." nor ".."')
  }
  const prefix = `groups/${group}/${domain}/`
  const manifests = `${prefix}manifests/`
  return {
    manifests,
    manifest: (sequence) => `${manifests}${String(sequence).padStart(12, '0')}.json`,
    sequenceOf: (key) => {
      const digits = /^(\d{12})\.json$/.exec(key.slice(manifests.length))?.[1]
      return digits === undefined || !key.startsWith(manifests) ? undefined : Number(digits)
    },
    parts: `${prefix}parts/`,
    part: ({ key }) => `${prefix}${key}`,
    head: `${prefix}head.json`,
    probe: `${prefix}probe.json`,
  }
}
