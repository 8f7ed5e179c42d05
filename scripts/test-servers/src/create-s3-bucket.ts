import { createHash, createHmac } from 'node:crypto'

export interface CreateS3BucketOptions {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly bucket: string
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/**
 * Creates a bucket by one request with an AWS Signature Version 4, so that this package needs no SDK.
 * Creating one's own bucket again is no error.
 */
export async function createS3Bucket(options: CreateS3BucketOptions): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket } = options
  const url = new URL(`/${bucket}`, endpoint)
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const date = time.slice(0, 8)
  const bodyDigest = sha256('')
  const signedHeaders = 'host;x-amz-content-sha256;x-amz-date'
  const canonicalRequest = [
    'PUT',
    url.pathname,
    '',
    `host:${url.host}`,
    `x-amz-content-sha256:${bodyDigest}`,
    `x-amz-date:${time}`,
    '',
    signedHeaders,
    bodyDigest,
  ].join('\n')
  const scope = `${date}/${region}/s3/aws4_request`
  const stringToSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest)].join('\n')
  const signingKey = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretAccessKey}`, date))
  const signature = hmac(signingKey, stringToSign).toString('hex')
  const response = await fetch(url, {
    method: 'PUT',
    headers: {
      'x-amz-content-sha256': bodyDigest,
      'x-amz-date': time,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    },
    signal: AbortSignal.timeout(30_000),
  })
  const answer = await response.text()
  if (!response.ok) throw new Error(`cannot create bucket ${bucket}: HTTP ${response.status} ${answer}`)
}
