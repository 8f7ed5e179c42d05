import type { Readable } from 'node:stream'
import { invalid, jsonObject, type JsonObject } from './json-reply.ts'

/** The frames of a stream of newline-delimited JSON. */
export interface FrameReader {
  /**
   * The next frame, or `'silent'` when none came within `waitMs`. Rejects when the stream has ended or broken;
   * frames that came before are delivered first.
   */
  next(waitMs: number): Promise<JsonObject | 'silent'>
}

const newline = 0x0a
const frameLimitBytes = 256 * 1024 * 1024
/** How much is read ahead of who takes frames: at large frames, bytes count. */
const queueLimit = { frames: 64, bytes: 4 * 1024 * 1024 }

/** `errorOf` gives what went wrong its final form. The stream is read no faster than its frames are taken. */
export function frameReader(stream: Readable, errorOf: (error: unknown) => Error): FrameReader {
  const queue: Buffer[] = []
  let queueBytes = 0
  let pieces: Buffer[] = []
  let piecesBytes = 0
  let failure: Error | undefined
  let wake: (() => void) | undefined

  const isAhead = (): boolean => queue.length >= queueLimit.frames || queueBytes >= queueLimit.bytes

  const fail = (error: unknown): void => {
    failure ??= errorOf(error)
    wake?.()
  }

  stream.on('data', (chunk: Buffer) => {
    let start = 0
    // Split on bytes, and decode whole frames only: a chunk may end within a character.
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const frame = Buffer.concat([...pieces, chunk.subarray(start, end)])
      if (frame.length > 0) queue.push(frame)
      queueBytes += frame.length
      pieces = []
      piecesBytes = 0
      start = end + 1
    }
    if (start < chunk.length) {
      pieces.push(chunk.subarray(start))
      piecesBytes += chunk.length - start
    }
    if (piecesBytes > frameLimitBytes) {
      fail(invalid('a frame of the watch stream is too large'))
      stream.destroy()
    }
    if (isAhead()) stream.pause()
    if (queue.length > 0) wake?.()
  })
  stream.on('error', fail)
  stream.on('close', () => {
    fail(new Error('the watch stream has ended'))
  })

  return {
    next: async (waitMs) => {
      if (queue.length === 0 && failure === undefined) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = undefined
      }
      const frame = queue.shift()
      if (frame === undefined) {
        if (failure !== undefined) throw failure
        return 'silent'
      }
      queueBytes -= frame.length
      if (!isAhead()) stream.resume()
      try {
        return jsonObject(frame.toString())
      } catch (error) {
        throw errorOf(error)
      }
    },
  }
}
