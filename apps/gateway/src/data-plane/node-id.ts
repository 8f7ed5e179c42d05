import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { noteFile } from '@outlast/dataplane'

const pattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * The random name of the node that has this data folder, by which its control plane knows it again after a restart. On a
 * disk that keeps nothing, or cannot be read, it is another one in each process. Never rejects.
 */
export async function nodeId(data: string): Promise<string> {
  const note = noteFile(join(data, 'node-id'))
  const fresh = randomUUID()
  try {
    const kept = await note.read()
    if (kept !== undefined && pattern.test(kept)) return kept
    await note.write(fresh)
  } catch {
    // What cannot be read now may be there, so nothing is put in its place.
  }
  return fresh
}
