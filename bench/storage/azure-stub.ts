import type { RequestListener } from 'node:http'
import { readRequest } from './read-request.ts'
import { stubObjects, type StubPage } from './stub-objects.ts'

/** Put Blob, Get Blob and List Blobs of one container, with the account in the path, as Azure answers them; nothing is checked. */
export function azureStub(): RequestListener {
  const objects = stubObjects()
  return (request, response) => {
    const { segments, query } = readRequest(request)
    const key = segments.slice(2).join('/')
    const common = {
      server: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
      'x-ms-request-id': '9d1b4b8e-401e-0054-3c5b-5f5e6a000000',
      'x-ms-client-request-id': request.headers['x-ms-client-request-id'] ?? '',
      'x-ms-version': request.headers['x-ms-version'] ?? '',
    }
    const lastModified = { 'last-modified': 'Wed, 25 Nov 2026 09:00:00 GMT' }
    if (query.get('comp') === 'list') {
      const limit = Number(query.get('maxresults') ?? 5000)
      const page = listing(objects.list(query.get('prefix') ?? '', query.get('marker') ?? '', limit))
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
        const { etag } = objects.put(key, Buffer.concat(chunks))
        const written = { etag, ...lastModified, 'x-ms-request-server-encrypted': 'true', 'content-length': 0 }
        response.writeHead(201, { ...common, ...written }).end()
      })
      return
    }
    const object = objects.get(key)
    if (object === undefined) {
      response.writeHead(404, { ...common, 'x-ms-error-code': 'BlobNotFound' }).end()
      return
    }
    response.writeHead(200, {
      ...common,
      etag: object.etag,
      ...lastModified,
      'x-ms-blob-type': 'BlockBlob',
      'x-ms-creation-time': 'Wed, 25 Nov 2026 09:00:00 GMT',
      'x-ms-lease-state': 'available',
      'x-ms-lease-status': 'unlocked',
      'x-ms-server-encrypted': 'true',
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': object.bytes.byteLength,
    })
    response.end(object.bytes)
  }
}

function listing({ keys, next = '' }: StubPage): string {
  const blobs = keys.map(
    (key) =>
      `<Blob><Name>${key}</Name><Properties><Creation-Time>Wed, 25 Nov 2026 09:00:00 GMT</Creation-Time>` +
      '<Last-Modified>Wed, 25 Nov 2026 09:00:00 GMT</Last-Modified><Etag>0x8DCBD0A7B1C0000</Etag>' +
      '<Content-Length>4096</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-Encoding />' +
      '<Content-Language /><Content-CRC64 /><Content-MD5>sQqNsWTgdUEFt6mb5y4/5Q==</Content-MD5><Cache-Control />' +
      '<Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>' +
      '<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>' +
      '<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>',
  )
  return (
    '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://127.0.0.1/" ContainerName="bench">' +
    `<Blobs>${blobs.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`
  )
}
