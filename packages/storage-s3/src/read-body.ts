import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { StorageError } from '@outlast/storage'

import { unexpectedAnswer } from './unexpected-answer.ts'

/**
 * The whole body, never a part: a body that breaks off or is shorter than announced is an error. One that is announced as
 * larger than `maximumBytes`, or not announced, is not read at all; its connection is closed. HTTP keeps a body from being
 * longer than announced.
 */
export async function readBody(response: GetObjectCommandOutput, maximumBytes: number): Promise<Uint8Array> {
  const { Body: body, ContentLength: announced } = response
  if (body === undefined) throw unexpectedAnswer('an object has a body')
  const refusal = refusalOf(announced, maximumBytes)
  if (refusal !== undefined) {
    if ('destroy' in body) body.destroy()
    throw refusal
  }
  const bytes = await body.transformToByteArray().catch((error: unknown) => {
    throw unexpectedAnswer('the body broke off', error)
  })
  if (bytes.byteLength !== announced) {
    throw unexpectedAnswer(`the body ended after ${bytes.byteLength} of ${announced} bytes`)
  }
  return bytes
}

function refusalOf(announced: number | undefined, maximumBytes: number): StorageError | undefined {
  if (announced === undefined) return unexpectedAnswer('an object has a length')
  if (announced <= maximumBytes) return undefined
  return new StorageError({
    code: 'too-large',
    message: `the object has ${announced} bytes, and at most ${maximumBytes} were asked for`,
  })
}
