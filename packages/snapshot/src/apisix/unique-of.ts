import type { z } from 'zod'

/** Refuses an object with more than one of these fields; with `required`, also one with none of them. */
export function uniqueOf(
  names: readonly string[],
  options: { readonly required: boolean } = { required: false },
): (value: object, context: z.RefinementCtx) => void {
  return (value, context) => {
    const found = names.filter((name) => Object.hasOwn(value, name) && Reflect.get(value, name) !== undefined)
    if (found.length > 1) context.addIssue({ code: 'custom', message: `takes ${names.join(' or ')}, not both` })
    if (found.length === 0 && options.required) {
      context.addIssue({ code: 'custom', message: `needs ${names.join(' or ')}` })
    }
  }
}
