import type { ServerResponse } from 'node:http'

import { deleteObject } from './delete-object.ts'
import type { FakeBucket } from './fake-bucket.ts'
import type { FakeRequest } from './fake-request.ts'
import { insertObject } from './insert-object.ts'
import { listObjects } from './list-objects.ts'
import { readObject } from './read-object.ts'
import { refusals } from './refusal.ts'
import type { ResumableUploads } from './resumable-uploads.ts'

export interface BucketPlace {
  readonly bucket: FakeBucket
  readonly uploads: ResumableUploads
}

/** Finds what a request is about. Throws a `Refusal`. */
export function answerRequest(
  request: FakeRequest,
  response: ServerResponse,
  findBucket: (name: string) => BucketPlace | undefined,
): void {
  const [, upload, bucketName, objectName] =
    /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(request.path) ?? []
  const { method, query } = request
  const known = upload
    ? objectName === undefined && (method === 'POST' || (method === 'PUT' && query.has('upload_id')))
    : method === 'GET' || (method === 'DELETE' && objectName !== undefined)
  if (bucketName === undefined || !known) {
    // Not the JSON API's words: no part of it gets to see the request.
    response
      .writeHead(404, { 'content-type': 'text/html; charset=UTF-8' })
      .end('<title>Error 404 (Not Found)!!1</title>')
    return
  }
  const name = objectName === undefined ? undefined : decodeURIComponent(objectName)
  const place = findBucket(decodeURIComponent(bucketName))
  if (place === undefined) {
    throw name === undefined ? refusals.noSuchBucket() : refusals.noSuchObject(bucketName, name)
  }
  if (place.bucket.rules.requesterPays && !query.has('userProject')) throw refusals.requesterPays()
  if (upload) insertObject(place, request, response)
  else if (name === undefined) listObjects(place.bucket, request, response)
  else if (method === 'DELETE') deleteObject(place.bucket, name, request, response)
  else readObject(place.bucket, name, request, response)
}
