import { z } from 'zod'

/** A list of strings or numbers, none twice, with at least `minimum` of them (default 1). */
export function uniqueItems<Item extends string | number>(
  item: z.ZodType<Item>,
  { minimum = 1 }: { readonly minimum?: number } = {},
): z.ZodType<readonly Item[]> {
  return z
    .array(item)
    .min(minimum)
    .refine((items) => new Set(items).size === items.length, { error: 'holds an item twice' })
    .meta({ uniqueItems: true })
}
