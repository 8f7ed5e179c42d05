import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'

import { unexpectedAnswer } from './unexpected-answer.ts'

/** The whole body, never a part: a body that breaks off or is shorter than announced is an error. */
export async function readBody(response: GetObjectCommandOutput): Promise<Uint8Array> {
  const { Body: body, ContentLength: announced } = response
  if (body === undefined) throw unexpectedAnswer('an object has a body')
  const bytes = await body.transformToByteArray().catch((error: unknown) => {
    throw unexpectedAnswer('the body broke off', error)
  })
  if (announced === undefined) throw unexpectedAnswer('an object has a length')
  if (bytes.byteLength !== announced) {
    throw unexpectedAnswer(`the body ended after ${bytes.byteLength} of ${announced} bytes`)
  }
  return bytes
}
