import { readFileSync } from 'node:fs'

/** The version of this program. */
export function programVersion(): string {
  // Beside `src`, and beside the `dist` that this is bundled into.
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
