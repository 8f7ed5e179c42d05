import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const folder = join(import.meta.dirname, '../../fixtures/releases')
const ending = '.js.br'

/** Names of the releases that are kept, `<version>-<commit>`: each made by `scripts/pin-release.ts`, and never again. */
export const pinnedReleases: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(ending))
  .map((name) => name.slice(0, -ending.length))

/** Makes it a program below this path. Resolves with the file that Node.js runs. */
export async function unpackRelease(name: string, path: string): Promise<string> {
  const program = join(path, 'dist/cli.js')
  await mkdir(join(path, 'dist'), { recursive: true })
  const [version = ''] = name.split('-')
  await writeFile(join(path, 'package.json'), JSON.stringify({ name: 'outlast', type: 'module', version }))
  await writeFile(program, brotliDecompressSync(await readFile(join(folder, `${name}${ending}`))))
  return program
}
