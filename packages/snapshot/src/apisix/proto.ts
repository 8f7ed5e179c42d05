import { z } from 'zod'
import { common } from './common-fields.ts'

/** A Protocol Buffers definition, as text or as a base64 descriptor set. */
export const protoSchema: z.ZodType = z.looseObject({ ...common, content: z.string().min(1).max(1_048_576) })
