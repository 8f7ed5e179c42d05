import type { S3Connection } from './s3-connection.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

export interface ListKeysOptions {
  readonly connect: (signal: AbortSignal) => Promise<S3Connection>
  readonly bucket: string
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

const largestPage = 1000

/** The keys page by page (ListObjectsV2), in the order that the server gives. */
export async function* listKeys(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  const { connect, bucket, prefix, after, limit = Infinity, signal } = options
  const { client, sdk } = await connect(signal)
  let token: string | undefined
  do {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: Math.min(limit, largestPage),
      StartAfter: after,
      ContinuationToken: token,
    })
    const page = await client.send(command, { abortSignal: signal })
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
