/** How much of a peer's head is read. */
export interface HeadLimits {
  /** Of the whole head, with its first and last line. */
  readonly maximumBytes: number
  readonly maximumFields: number
}

/** As node:http's, and about half of what nginx takes. */
export const requestHeadLimits: HeadLimits = { maximumBytes: 16 * 1024, maximumFields: 256 }

/** Upstreams are trusted with more: long cookies and policies come from them. */
export const responseHeadLimits: HeadLimits = { maximumBytes: 64 * 1024, maximumFields: 512 }
