import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ConfigSource, Entry } from '@outlast/snapshot'

const constant = 400
const changing = 200

/** What the source holds at a revision: much of it changes each time, in every bucket, and the larger part never. */
export function contentAt(revision: number): Entry[] {
  return Array.from({ length: constant + changing }, (_none, index) => ({
    kind: 'routes',
    id: String(index),
    value: { uri: index < changing ? `/${index}/${revision}` : `/${index}` },
  }))
}

/** A control plane in a file that holds nothing but its revision: any number of processes can read it. */
export function numberedSource(file: string): Pick<ConfigSource, 'name' | 'load'> {
  return {
    name: 'numbered',
    load: async () => {
      const revision = Number(await readFile(file, 'utf8'))
      return { identity: 'numbered', revision, resources: contentAt(revision), instance: [] }
    },
  }
}

export async function writeRevision(file: string, revision: number): Promise<void> {
  await writeFile(`${file}.new`, String(revision))
  await rename(`${file}.new`, file)
}
