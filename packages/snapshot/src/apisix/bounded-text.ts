import { z } from 'zod'

/** A string of so many characters, counted as JSON Schema does: by code points, not by UTF-16 code units. */
export function boundedText(bounds: { readonly minimum?: number; readonly maximum: number }): z.ZodType<string> {
  const { minimum = 0, maximum } = bounds
  return z
    .string()
    .refine((text) => isWithin(text, minimum, maximum), {
      error: minimum === 0 ? `must be at most ${maximum} characters` : `must be ${minimum} to ${maximum} characters`,
    })
    .meta({ ...(minimum > 0 && { minLength: minimum }), maxLength: maximum })
}

function isWithin(text: string, minimum: number, maximum: number): boolean {
  // A character is one or two code units, so most texts need no counting.
  if (text.length < minimum || text.length > 2 * maximum) return false
  if (text.length <= maximum && text.length >= 2 * minimum) return true
  let characters = 0
  for (const _ of text) characters += 1
  return characters >= minimum && characters <= maximum
}
