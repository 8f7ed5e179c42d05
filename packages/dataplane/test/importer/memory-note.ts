import type { NodeNote } from '../../src/importer/index.ts'

/** A note that outlives the node, as a file does; the disk below it can fail. */
export class MemoryNote implements NodeNote {
  text: string | undefined
  failure: Error | undefined
  writes = 0

  async read(): Promise<string | undefined> {
    if (this.failure) throw this.failure
    return this.text
  }

  async write(text: string): Promise<void> {
    if (this.failure) throw this.failure
    this.writes++
    this.text = text
  }
}
