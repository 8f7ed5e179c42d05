import { readFileSync } from 'node:fs'

/** Something that must be refused. */
export interface MalformedMessage {
  /** What a request is answered with; 502 for answers. */
  readonly code: number
  readonly what: string
  readonly bytes: Buffer
}

/**
 * Lines of code, name and bytes, with tabs between them. In the bytes, `\r`, `\n`, `\t`, `\\` and `\x00` are as in
 * JavaScript, and `\*3(ab)` stands for `ababab`.
 */
export function malformedMessages(side: 'requests' | 'responses'): readonly MalformedMessage[] {
  const file = new URL(`../../fixtures/http1/malformed-${side}.tsv`, import.meta.url)
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [code, what = '', text = ''] = line.split('\t')
      return { code: Number(code), what, bytes: unescaped(text) }
    })
}

function unescaped(text: string): Buffer {
  const repeated = text.replaceAll(/\\\*(\d+)\((.*?)\)/g, (_all, times: string, part: string) =>
    part.repeat(Number(times)),
  )
  const bytes = repeated.replaceAll(/\\(?:x(..)|(.))/g, (_all, code: string | undefined, letter: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return { r: '\r', n: '\n', t: '\t' }[letter] ?? letter
  })
  return Buffer.from(bytes, 'latin1')
}
