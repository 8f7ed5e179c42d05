const maximumKeyBytes = 900
// U+FFFE and U+FFFF cannot be written in XML, which is what listings of S3 and Azure are made of.
const forbiddenCharacter = /[\p{Cc}\\\uFFFE\uFFFF]/u
/** Keeps all rules but that of the length; as nearly all keys do, so that listings of many thousands are checked fast. */
const plainKey = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/

/** Why a key breaks the contract's rules, as the end of the sentence "the key …"; `undefined` when it does not. */
export function keyProblem(key: string): string | undefined {
  if (key.length <= maximumKeyBytes && plainKey.test(key)) return undefined
  if (key === '') return 'is empty'
  return textProblem(key) ?? segmentsProblem(key.split('/'))
}

/** The same for the prefix of a listing: it may be empty, end in `/`, or end in the middle of a name. */
export function prefixProblem(prefix: string): string | undefined {
  return textProblem(prefix) ?? segmentsProblem(prefix.split('/').slice(0, -1))
}

/** The same for `after`, which marks a place in the order and need not be a possible key. */
export function textProblem(text: string): string | undefined {
  if (!text.isWellFormed()) return 'has a lone surrogate, which UTF-8 cannot encode'
  if (forbiddenCharacter.test(text)) return 'has a control character or a backslash'
  if (Buffer.byteLength(text) > maximumKeyBytes) return `is longer than ${maximumKeyBytes} bytes`
  return undefined
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  if (segments.includes('')) return 'has an empty segment, or starts or ends with "/"'
  if (segments.includes('.') || segments.includes('..')) return 'has a "." or ".." segment'
  return undefined
}
