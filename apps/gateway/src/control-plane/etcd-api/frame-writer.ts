import type { Clock } from '@outlast/snapshot'

/** What is used of a response. */
interface Connection {
  readonly destroyed: boolean
  write(text: string, encoding: 'latin1'): boolean
  destroy(): unknown
  on(event: 'drain' | 'close', listener: () => void): unknown
  off(event: 'drain' | 'close', listener: () => void): unknown
}

export interface FrameWriterOptions {
  readonly response: Connection
  readonly clock: Clock
  /** How long a reader may take nothing before it is cut. */
  readonly stalledAfterMs: number
  readonly onStalled: () => void
}

/**
 * Writes newline-delimited JSON, piece by piece as the reader takes it. Nothing is copied before its turn comes: what goes to
 * many readers is held once, however slow they are.
 */
export interface FrameWriter {
  /** The parts of one frame: ASCII, without the newline. Resolves when the reader can take more. */
  write(...parts: readonly string[]): Promise<void>
}

/** What a reader has to take before `stalledAfterMs` is over: a slow one gets the largest frame, as long as it moves. */
const pieceLength = 64 * 1024

export function frameWriter({ response, clock, stalledAfterMs, onStalled }: FrameWriterOptions): FrameWriter {
  let previous: Promise<void> = Promise.resolve()

  const writePiece = (piece: string): Promise<void> =>
    new Promise((resolve) => {
      if (response.destroyed || response.write(piece, 'latin1')) {
        resolve()
        return
      }
      const taken = new AbortController()
      clock.sleep(stalledAfterMs, { signal: taken.signal }).then(
        () => {
          onStalled()
          response.destroy()
        },
        () => {},
      )
      const settle = (): void => {
        taken.abort()
        response.off('drain', settle)
        response.off('close', settle)
        resolve()
      }
      response.on('drain', settle)
      response.on('close', settle)
    })

  const writeNow = async (parts: readonly string[]): Promise<void> => {
    for (const piece of piecesOf([...parts, '\n'])) {
      if (response.destroyed) return
      await writePiece(piece)
    }
  }

  return {
    write(...parts) {
      previous = previous.then(() => writeNow(parts))
      return previous
    },
  }
}

/** The same text in as few pieces as there can be. */
function* piecesOf(parts: readonly string[]): Generator<string, void, undefined> {
  let piece = ''
  for (const part of parts) {
    let start = 0
    while (piece.length + part.length - start > pieceLength) {
      const end = start + pieceLength - piece.length
      yield piece + part.slice(start, end)
      piece = ''
      start = end
    }
    piece += part.slice(start)
  }
  if (piece !== '') yield piece
}
