type Body = Readonly<Record<string, unknown>>

/** An answer other than success, as APISIX words it. The body never quotes configuration. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly status: number
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: string | Body, headers: Readonly<Record<string, string>> = {}) {
    super(typeof body === 'string' ? body : JSON.stringify(body))
    this.status = status
    this.body = typeof body === 'string' ? { error_msg: body } : body
    this.headers = headers
  }
}

export function ownerNotFound(ownerKind: string): AdminError {
  return new AdminError(404, `${ownerKind === 'consumers' ? 'consumer' : 'service'} not found`)
}

export function keyNotFound(): AdminError {
  return new AdminError(404, { message: 'Key not found' })
}
