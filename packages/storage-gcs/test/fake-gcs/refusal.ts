import type { ServerResponse } from 'node:http'

/** An answer other than 2xx, as the JSON API words it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly reason: string
  /** Only 401, 412 and wrong parameters say where. */
  readonly location: { readonly locationType: string; readonly location: string } | undefined

  constructor(status: number, reason: string, message: string, location?: Refusal['location']) {
    super(message)
    this.status = status
    this.reason = reason
    this.location = location
  }

  /** Media requests are refused in plain words, everything else in JSON. */
  send(response: ServerResponse, as: 'json' | 'text'): void {
    const { status: code, message, reason, location } = this
    if (as === 'text') {
      response.writeHead(code, { 'content-type': 'text/html; charset=UTF-8' }).end(message)
      return
    }
    sendJson(response, code, {
      error: { code, message, errors: [{ message, domain: 'global', reason, ...location }] },
    })
  }
}

export const refusals = {
  noSuchBucket: () => new Refusal(404, 'notFound', 'The specified bucket does not exist.'),
  // The service says this of a bucket that does not exist, too.
  noSuchObject: (bucket: string, name: string) => new Refusal(404, 'notFound', `No such object: ${bucket}/${name}`),
  conditionNotMet: () =>
    new Refusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.', {
      locationType: 'header',
      location: 'If-Match',
    }),
  invalidParameter: (name: string, message: string) =>
    new Refusal(400, 'invalid', message, { locationType: 'parameter', location: name }),
  requiredParameter: (name: string) =>
    new Refusal(400, 'required', `Required parameter: ${name}`, { locationType: 'parameter', location: name }),
  badRequest: (message: string) => new Refusal(400, 'badRequest', message),
  unauthorized: () =>
    new Refusal(401, 'authError', 'Invalid Credentials', { locationType: 'header', location: 'Authorization' }),
  forbidden: (permission: string) =>
    new Refusal(
      403,
      'forbidden',
      `The caller does not have ${permission} access to the Google Cloud Storage object. ` +
        `Permission '${permission}' denied on resource (or it may not exist).`,
    ),
  requesterPays: () => new Refusal(400, 'required', 'Bucket is a requester pays bucket but no user project provided.'),
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body))
}
