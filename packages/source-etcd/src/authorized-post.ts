import type { IncomingMessage } from 'node:http'
import type { Credentials } from './credentials.ts'
import { failureError, isTokenRefused, readFailure, type EtcdFailure } from './etcd-failure.ts'
import type { HttpConnection } from './http-connection.ts'
import { asText, readJsonObject } from './json-reply.ts'

type PostAnswer =
  | { readonly status: 'ok'; readonly response: IncomingMessage }
  | { readonly status: 'failed'; readonly failure: EtcdFailure }

export type AuthorizedPost = (call: {
  readonly path: string
  readonly body: object
  readonly signal: AbortSignal
  /** Called when the server can have seen it. What it refuses for its token, it has not done. */
  readonly onSent?: (() => void) | undefined
}) => Promise<PostAnswer>

/** Posts with a token, and once more with a fresh one when etcd refuses it. */
export function authorizedPost(connection: HttpConnection, credentials: Credentials): AuthorizedPost {
  const post = async (call: Parameters<AuthorizedPost>[0], authorization: string | undefined): Promise<PostAnswer> => {
    const response = await connection.post({ ...call, authorization })
    if (response.statusCode === 200) return { status: 'ok', response }
    return { status: 'failed', failure: await readFailure(response) }
  }

  return async (call) => {
    const login = async (user: { readonly name: string; readonly password: string }): Promise<string> => {
      const answer = await post({ path: '/v3/auth/authenticate', body: user, signal: call.signal }, undefined)
      if (answer.status === 'failed') throw failureError(answer.failure)
      return asText((await readJsonObject(answer.response))['token'])
    }
    const token = await credentials.token(login)
    const answer = await post(call, token)
    if (answer.status === 'ok' || !isTokenRefused(answer.failure) || !credentials.forget(token)) return answer
    return await post(call, await credentials.token(login))
  }
}
