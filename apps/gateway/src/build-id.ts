import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'

const folder = new URL('./', import.meta.url)

/** Differs between two builds of this program, and between versions of Node.js; the same for every start of one. */
export function buildId(): string {
  // Names, because of an installed program every file but the first is named after what is in it. The versions of what it
  // depends on stand in its package.json.
  const files = readdirSync(folder)
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(new URL(name, folder))
      return `${name} ${size} ${Math.trunc(mtimeMs)}`
    })
  const manifest = readFileSync(new URL('../package.json', folder), 'utf8')
  return `${hash('sha256', [manifest, ...files].join('\n')).slice(0, 16)}-node-${process.versions.node}`
}
