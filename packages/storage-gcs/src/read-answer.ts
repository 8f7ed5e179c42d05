import type { IncomingMessage } from 'node:http'

import { StorageError } from '@outlast/storage'

import { unexpectedAnswer } from './unexpected-answer.ts'

// A page of 1,000 names of 1 KiB, each of their bytes escaped as six, is 6 MiB.
const maximumJsonBytes = 8 * 2 ** 20

/**
 * The whole body, never a part: a body that breaks off or is shorter than announced is an error. One that is announced
 * as larger than `maximumBytes` is not read at all; its connection is closed.
 */
export async function readMedia(response: IncomingMessage, maximumBytes: number): Promise<Uint8Array> {
  const announced = response.headers['content-length']
  if (announced === undefined) {
    response.destroy()
    throw unexpectedAnswer('an object has a length')
  }
  if (Number(announced) > maximumBytes) {
    response.destroy()
    throw new StorageError({
      code: 'too-large',
      message: `the object has ${announced} bytes, and at most ${maximumBytes} were asked for`,
    })
  }
  const bytes = await readAtMost(response, maximumBytes)
  if (bytes?.byteLength !== Number(announced)) throw unexpectedAnswer(`the body is not of ${announced} bytes`)
  return bytes
}

/** A JSON answer, which says what kind of thing it is. */
export async function readJson(response: IncomingMessage, kind: string): Promise<Record<string, unknown>> {
  const bytes = await readAtMost(response, maximumJsonBytes)
  const answer = bytes && parse(bytes)
  if (answer?.['kind'] !== kind) throw unexpectedAnswer(`expected a ${kind}`)
  return answer
}

/** `undefined`, with the connection closed, once more than `maximumBytes` have arrived. */
export async function readAtMost(response: IncomingMessage, maximumBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue // never: no encoding is set
      length += chunk.byteLength
      if (length > maximumBytes) return undefined
      chunks.push(chunk)
    }
  } catch (error) {
    throw unexpectedAnswer('the body broke off', error)
  }
  return Buffer.concat(chunks, length)
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(bytes.toString())
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined
  } catch {
    return undefined // a page of somebody else's
  }
}
