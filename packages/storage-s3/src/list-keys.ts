import type { S3Connection } from './s3-connection.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

export interface ListKeysOptions {
  readonly connection: S3Connection
  readonly bucket: string
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

const largestPage = 1000

/** The keys page by page (ListObjectsV2), in the order that the server gives. */
export async function* listKeys(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  const { connection, bucket, prefix, after, limit = Infinity, signal } = options
  let token: string | undefined
  do {
    const command = new connection.sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: Math.min(limit, largestPage),
      StartAfter: after,
      ContinuationToken: token,
    })
    const page = await connection.client.send(command, { abortSignal: signal })
    // The SDK reads a proxy's HTML page as a listing without any fields, which would look like an empty bucket.
    if (page.IsTruncated === undefined) throw unexpectedAnswer('a listing says whether it is complete')
    for (const { Key: key } of page.Contents ?? []) {
      if (key !== undefined) yield key
    }
    if (page.IsTruncated && (page.NextContinuationToken ?? token) === token) {
      throw unexpectedAnswer('an incomplete listing says where it continues')
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}
