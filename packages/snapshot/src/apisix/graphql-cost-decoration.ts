import { z } from 'zod'
import { common, identifier, type CommonFields, type Identifier } from './common-fields.ts'

/**
 * What one position of a service's GraphQL schema costs: kind `services`, id
 * `<service>/graphql_cost_decorations/<id>`. The cost of a field is the sum of its children × multiplier + addend.
 */
export interface GraphqlCostDecoration extends CommonFields {
  readonly service_id?: Identifier | undefined
  /** `Type`, `Type.field`, or a longer chain of fields. */
  readonly field_path: string
  /** The field's own cost, from 0. Default 1. */
  readonly add_value?: number | undefined
  /** Query arguments whose values are added to `add_value`. */
  readonly add_arguments?: readonly string[] | undefined
  /** Multiplies the cost of what is selected below the field, from 0. Default 1. */
  readonly mul_value?: number | undefined
  /** Query arguments whose values are multiplied into `mul_value`. */
  readonly mul_arguments?: readonly string[] | undefined
}

export const graphqlCostDecorationSchema: z.ZodType<GraphqlCostDecoration> = z.looseObject({
  ...common,
  service_id: identifier.optional(),
  field_path: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/, 'must be names with dots between them'),
  add_value: z.number().min(0).optional(),
  add_arguments: z.array(z.string().min(1)).optional(),
  mul_value: z.number().min(0).optional(),
  mul_arguments: z.array(z.string().min(1)).optional(),
})
