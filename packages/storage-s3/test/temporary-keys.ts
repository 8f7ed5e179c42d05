import type { ServerResponse } from 'node:http'

import { startStandIn, type StandIn } from './stand-in.ts'

/** Keys with an end, and a stand-in for S3 that looks at them. */
export interface TemporaryKeys {
  /** A key whose session token begins with the name; together with when it ends. */
  issue(name: string, lifetimeMs: number): IssuedKey
  /** An empty bucket; refuses keys that were not issued, or that have ended. */
  readonly bucket: StandIn
  /** The session tokens of the requests so far. */
  readonly seen: readonly string[]
}

interface IssuedKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** ISO 8601. */
  readonly expiration: string
}

export async function temporaryKeys(): Promise<TemporaryKeys> {
  const ends = new Map<string, number>()
  const seen: string[] = []
  const bucket = await startStandIn((request, _body, response) => {
    const token = String(request.headers['x-amz-security-token'])
    seen.push(token)
    if (Date.now() < (ends.get(token) ?? 0)) {
      response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')
    } else {
      refuse(response)
    }
  })
  return {
    issue(name, lifetimeMs) {
      const sessionToken = `${name}/${ends.size}`
      const end = Date.now() + lifetimeMs
      ends.set(sessionToken, end)
      return {
        accessKeyId: `ASIA${ends.size}`,
        secretAccessKey: 'secret',
        sessionToken,
        expiration: new Date(end).toISOString(),
      }
    },
    bucket,
    seen,
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(400).end('<Error><Code>ExpiredToken</Code></Error>')
}
