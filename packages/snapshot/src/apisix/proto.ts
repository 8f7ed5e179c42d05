import { z } from 'zod'
import { boundedText } from './bounded-text.ts'
import { common, type CommonFields } from './common-fields.ts'

/** A Protocol Buffers definition: kind `protos`. */
export interface Proto extends CommonFields {
  /** The text, or a descriptor set in base64: 1 to 1,048,576 characters. */
  readonly content: string
}

export const protoSchema: z.ZodType<Proto> = z.looseObject({
  ...common,
  content: boundedText({ minimum: 1, maximum: 1_048_576 }),
})
