import type { BlobDownloadResponseParsed } from '@azure/storage-blob'
import { StorageError } from '@outlast/storage'

import { checkAnswer, unexpectedAnswer } from './unexpected-answer.ts'

/**
 * The whole body, never a part: a body that breaks off or is shorter than announced is an error. One that is announced as
 * larger than `maximumBytes`, or not announced, is not read at all; HTTP keeps a body from being longer than announced.
 * The caller ends the connection of a body that was not read to its end.
 */
export async function readBody(response: BlobDownloadResponseParsed, maximumBytes: number): Promise<Uint8Array> {
  const { readableStreamBody: body, contentLength: announced } = response
  // The end of its connection reaches an unread body as an error, which would end the process if nobody listened.
  body?.on('error', () => undefined)
  checkAnswer(response)
  if (body === undefined) throw unexpectedAnswer('an object has a body')
  if (announced === undefined) throw unexpectedAnswer('an object has a length')
  if (announced > maximumBytes) {
    throw new StorageError({
      code: 'too-large',
      message: `the object has ${announced} bytes, and at most ${maximumBytes} were asked for`,
    })
  }
  const bytes = new Uint8Array(announced)
  let length = 0
  try {
    for await (const chunk of body) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      bytes.set(part, length)
      length += part.byteLength
    }
  } catch (error) {
    throw unexpectedAnswer('the body broke off', error)
  }
  if (length !== announced) throw unexpectedAnswer(`the body ended after ${length} of ${announced} bytes`)
  return bytes
}
