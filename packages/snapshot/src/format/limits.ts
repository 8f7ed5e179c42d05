// Bounds of the format: SPEC section 19. A reader refuses what is larger before it spends memory on it.
const mebibyte = 1024 * 1024

/** Of a manifest after decompression. */
export const maximumManifestBytes: number = 16 * mebibyte
/** Of a part, stored and after decompression. */
export const maximumPartBytes: number = 64 * mebibyte
/** Of the head. */
export const maximumHeadBytes = 4096
/** Of an approval. */
export const maximumApprovalBytes = 32_768
/** Buckets. */
export const maximumFanout = 16_384
/** The largest sequence that the twelve digits of a manifest's key hold. */
export const maximumSequence = 999_999_999_999

/** A manifest that is longer than this is compressed. */
export const compressManifestBeyondBytes = 8192
/** How many objects are fetched or uploaded at the same time. */
export const transferConcurrency = 8
/** A part younger than this is never pruned: its manifest may be on its way. */
export const defaultGraceMs = 3_600_000
/** A publication that takes longer since it read its base gives up: half the grace. */
export const publicationDeadlineMs: number = defaultGraceMs / 2
