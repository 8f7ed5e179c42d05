import type { ServerResponse } from 'node:http'

export interface FrameWriterOptions {
  readonly response: ServerResponse
  /** How long a reader may take nothing before it is cut. */
  readonly stalledAfterMs: number
  readonly onStalled: () => void
}

/** Writes newline-delimited JSON. A frame resolves when the connection can take more, so at most one is ever buffered. */
export interface FrameWriter {
  write(frame: object): Promise<void>
}

export function frameWriter({ response, stalledAfterMs, onStalled }: FrameWriterOptions): FrameWriter {
  let previous: Promise<void> = Promise.resolve()
  const writeNow = (frame: object): Promise<void> =>
    new Promise((resolve) => {
      if (response.destroyed || response.write(`${JSON.stringify(frame)}\n`)) {
        resolve()
        return
      }
      const stalled = setTimeout(() => {
        onStalled()
        response.destroy()
      }, stalledAfterMs)
      const settle = (): void => {
        clearTimeout(stalled)
        response.off('drain', settle)
        response.off('close', settle)
        resolve()
      }
      response.on('drain', settle)
      response.on('close', settle)
    })
  return {
    write(frame) {
      previous = previous.then(() => writeNow(frame))
      return previous
    },
  }
}
