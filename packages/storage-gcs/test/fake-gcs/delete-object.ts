import type { ServerResponse } from 'node:http'

import type { FakeBucket } from './fake-bucket.ts'
import { allowParameters, type FakeRequest } from './fake-request.ts'
import { preconditionParameters, requirePrecondition } from './preconditions.ts'
import { refusals } from './refusal.ts'

/** `storage.objects.delete`. */
export function deleteObject(bucket: FakeBucket, name: string, request: FakeRequest, response: ServerResponse): void {
  allowParameters(request.query, ...preconditionParameters)
  const object = bucket.get(name)
  if (object === undefined) throw refusals.noSuchObject(bucket.name, name)
  if (bucket.rules.keepsEverything) throw refusals.forbidden('storage.objects.delete')
  requirePrecondition(request.query, object)
  bucket.delete(name)
  response.writeHead(204).end()
}
