import type { Domain } from '../entries/entry.ts'
import { uuidV7Pattern } from './uuid-v7.ts'

/** The keys of one group and domain, below the storage's own prefix. SPEC section 3. */
export interface Layout {
  /** Prefix of all manifests. */
  readonly manifests: string
  readonly manifest: (sequence: number) => string
  /** `undefined` for keys that are no manifest's. */
  readonly sequenceOf: (key: string) => number | undefined
  /** Prefix of all parts. */
  readonly parts: string
  /** The commit that a part's key names; `undefined` for keys that are no part's. */
  readonly commitIdOf: (key: string) => string | undefined
  /** Full key of a part from the key in its `PartReference`. */
  readonly part: (reference: { readonly key: string }) => string
  /** Prefix of all approvals. */
  readonly approvals: string
  readonly approval: (id: string) => string
  /** `undefined` for keys that are no approval's. */
  readonly approvalIdOf: (key: string) => string | undefined
  readonly head: string
  readonly probe: string
}

/** The key of a part below the domain's prefix; its first group is the commit. */
export const partKeyPattern: RegExp = new RegExp(
  `^parts/(${uuidV7Pattern.source.slice(1, -1)})/(?:0|[1-9]\\d{0,4})\\.(?:zst|gz)(?:\\.sealed)?$`,
)

const groupPattern = /^[a-zA-Z0-9_.-]{1,64}$/

/** Throws `TypeError` when the group is not a safe path segment. */
export function layoutOf(group: string, domain: Domain): Layout {
  if (!groupPattern.test(group) || group === '.' || group === '..') {
    throw new TypeError('A group is 1 to 64 letters, digits, dots, dashes and underscores, and neither "." nor ".."')
  }
  const prefix = `groups/${group}/${domain}/`
  const manifests = `${prefix}manifests/`
  const approvals = `${prefix}approvals/`
  return {
    manifests,
    manifest: (sequence) => `${manifests}${String(sequence).padStart(12, '0')}.json`,
    sequenceOf: (key) => {
      const digits = /^(\d{12})\.json$/.exec(key.slice(manifests.length))?.[1]
      return digits === undefined || !key.startsWith(manifests) ? undefined : Number(digits)
    },
    parts: `${prefix}parts/`,
    commitIdOf: (key) => (key.startsWith(prefix) ? partKeyPattern.exec(key.slice(prefix.length))?.[1] : undefined),
    part: ({ key }) => `${prefix}${key}`,
    approvals,
    approval: (id) => `${approvals}${id}.json`,
    approvalIdOf: (key) =>
      key.startsWith(approvals) ? /^([0-9a-f]{64})\.json$/.exec(key.slice(approvals.length))?.[1] : undefined,
    head: `${prefix}head.json`,
    probe: `${prefix}probe.json`,
  }
}
