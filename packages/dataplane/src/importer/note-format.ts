import type { z } from 'zod'

/** How the content of a note is written, and read again. */
export interface NoteFormat<Content extends object> {
  readonly format: (content: Content) => string
  /** Throws a `SyntaxError`, which quotes nothing, when the text is none of ours. */
  readonly parse: (text: string) => Content
}

const version = 1

/** JSON with the version of the format beside the content. `title` names the note in errors. */
export function noteFormat<Content extends object>(title: string, schema: z.ZodType<Content>): NoteFormat<Content> {
  const notOurs = (): SyntaxError => new SyntaxError(`${title} cannot be understood`)
  return {
    format: (content) => `${JSON.stringify({ format: version, ...content })}\n`,
    parse(text) {
      const data: unknown = parsedJson(text)
      const isOurs = typeof data === 'object' && data !== null && 'format' in data && data.format === version
      const { success, data: content } = schema.safeParse(data)
      if (!isOurs || !success) throw notOurs()
      return content
    },
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message would quote the text.
    return undefined
  }
}
