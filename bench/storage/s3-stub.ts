import type { RequestListener } from 'node:http'
import { readRequest } from './read-request.ts'
import { stubObjects, type StubPage } from './stub-objects.ts'

/** PutObject, GetObject and ListObjectsV2 of one bucket with path-style addresses, as AWS answers them; nothing is checked. */
export function s3Stub(): RequestListener {
  const objects = stubObjects()
  return (request, response) => {
    const { segments, query } = readRequest(request)
    const key = segments.slice(1).join('/')
    const common = {
      'x-amz-request-id': '4442587FB7D0A2F9',
      'x-amz-id-2': 'vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=',
    }
    if (key === '') {
      const limit = Number(query.get('max-keys') ?? 1000)
      const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
      const page = listing(objects.list(query.get('prefix') ?? '', after, limit))
      response.writeHead(200, {
        ...common,
        'content-type': 'application/xml',
        'content-length': Buffer.byteLength(page),
      })
      response.end(page)
      return
    }
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { etag } = objects.put(key, Buffer.concat(chunks), checksumOf(request.headers))
        response.writeHead(200, { ...common, etag, ...checksumOf(request.headers), 'content-length': 0 }).end()
      })
      return
    }
    const object = objects.get(key)
    if (object === undefined) {
      response.writeHead(404, common).end('<Error><Code>NoSuchKey</Code></Error>')
      return
    }
    response.writeHead(200, {
      ...common,
      etag: object.etag,
      // AWS repeats the checksum of the write only to whom asks for it.
      ...(request.headers['x-amz-checksum-mode'] === undefined ? {} : object.headers),
      'last-modified': 'Wed, 25 Nov 2026 09:00:00 GMT',
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': object.bytes.byteLength,
    })
    response.end(object.bytes)
  }
}

function checksumOf(headers: NodeJS.Dict<string | string[]>): Readonly<Record<string, string>> {
  const checksum = headers['x-amz-checksum-crc32']
  return typeof checksum === 'string' ? { 'x-amz-checksum-crc32': checksum, 'x-amz-checksum-type': 'FULL_OBJECT' } : {}
}

function listing({ keys, next }: StubPage): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-11-25T09:00:00.000Z</LastModified>` +
      `<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>4096</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  )
  const more = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>bench</Name><Prefix></Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>1000</MaxKeys>` +
    `<IsTruncated>${next !== undefined}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`
  )
}
