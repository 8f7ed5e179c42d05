import type { JsonValue } from '@outlast/snapshot'
import type { JsonSchema } from '@outlast/snapshot/apisix'

/** What a collection or an item can be asked for. */
export type ResourceMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** A request, without HTTP. */
export interface AdminRequest {
  /** By the names in the operation's path. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: JsonValue | undefined
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
}

/** For the audit log: what was changed, and never what to. */
export interface AdminChange {
  readonly action: 'create' | 'replace' | 'patch' | 'delete' | 'rotate'
  readonly kind: string
  readonly id: string
  /** Absent for what belongs to no gateway group. */
  readonly group?: string | undefined
  /** The store's, with which it took effect. */
  readonly revision: number
  /** The check of references was skipped. */
  readonly forced?: boolean | undefined
}

export interface AdminAnswer {
  readonly status: number
  /** Sent as JSON, a text as it is; absent: nothing. */
  readonly body?: object | string | undefined
  readonly contentType?: string | undefined
  readonly change?: AdminChange | undefined
}

/** A parameter of a query. */
export interface QueryParameter {
  readonly name: string
  readonly description: string
  readonly schema: JsonSchema
}

/** What a status means, and the body that comes with it. */
interface AnswerDescription {
  readonly description: string
  readonly schema?: JsonSchema | undefined
}

/**
 * One thing that the Admin API does. The routes are made of these, and so is the OpenAPI document: what is not here does
 * not exist.
 */
export interface AdminOperation {
  readonly method: ResourceMethod | 'HEAD'
  /** With parameters as `{id}`; one named `{sub_path}` at the end may span several segments. */
  readonly path: string
  /** Unique, in camel case. */
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  /** `anyone` needs no key, `viewer` any key, `admin` an admin's. */
  readonly access: 'anyone' | 'viewer' | 'admin'
  readonly query?: readonly QueryParameter[] | undefined
  /** What the body has to be like; absent: none is read. */
  readonly body?: JsonSchema | undefined
  /** By status, beside those that every operation may have. */
  readonly answers: Readonly<Record<number, AnswerDescription>>
  readonly handle: (request: AdminRequest) => Promise<AdminAnswer>
}
