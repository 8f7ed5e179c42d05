import type { ServerResponse } from 'node:http'

import type { FakeBucket } from './fake-bucket.ts'
import { allowParameters, type FakeRequest } from './fake-request.ts'
import { parseMultipart } from './multipart-related.ts'
import { objectFields, objectResource } from './object-resource.ts'
import { partialResponse } from './partial-response.ts'
import { preconditionParameters } from './preconditions.ts'
import { refusals, sendJson } from './refusal.ts'
import type { ResumableUploads } from './resumable-uploads.ts'
import { storeObject } from './store-object.ts'

/** `storage.objects.insert`, in its three ways. */
export function insertObject(
  { bucket, uploads }: { readonly bucket: FakeBucket; readonly uploads: ResumableUploads },
  request: FakeRequest,
  response: ServerResponse,
): void {
  const { query, headers, body } = request
  allowParameters(query, ...preconditionParameters, 'uploadType', 'name', 'upload_id', 'projection')
  const uploadType = query.get('uploadType')
  const send = (object: ReturnType<typeof storeObject>): void =>
    sendJson(response, 200, partialResponse(objectResource(bucket, object), query.get('fields'), objectFields))

  if (uploadType === 'resumable') {
    if (request.method === 'PUT') uploads.continue(request, response)
    else uploads.start(request, response)
  } else if (uploadType === 'media') {
    const contentType = headers['content-type']
    send(storeObject(bucket, { query, headers, metadata: {}, contentType, bytes: body }))
  } else if (uploadType === 'multipart') {
    send(storeObject(bucket, { query, headers, ...parseMultipart(headers['content-type'], body) }))
  } else throw refusals.badRequest(`Invalid upload type: ${uploadType}`)
}
