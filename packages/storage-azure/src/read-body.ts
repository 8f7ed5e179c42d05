import type { BlobDownloadResponseParsed } from '@azure/storage-blob'

import { checkAnswer, unexpectedAnswer } from './unexpected-answer.ts'

/** The whole body, never a part: a body that breaks off or is shorter than announced is an error. */
export async function readBody(response: BlobDownloadResponseParsed): Promise<Uint8Array> {
  checkAnswer(response)
  const { readableStreamBody: body, contentLength: announced } = response
  if (body === undefined) throw unexpectedAnswer('an object has a body')
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of body) chunks.push(Buffer.from(chunk))
  } catch (error) {
    throw unexpectedAnswer('the body broke off', error)
  }
  const bytes = Buffer.concat(chunks)
  if (bytes.byteLength !== announced) {
    throw unexpectedAnswer(`the body ended after ${bytes.byteLength} of ${announced} bytes`)
  }
  return bytes
}
