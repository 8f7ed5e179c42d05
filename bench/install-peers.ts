import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Installs what the `package.json` of this folder of benches lists, unless it is there: a peer is needed to measure, not to
 * work on the product.
 */
export function installPeers(name: 'proxy' | 'router'): void {
  const folder = new URL(`${name}/`, import.meta.url)
  if (existsSync(new URL('node_modules', folder))) return
  console.error(`installing the peers into bench/${name}/node_modules`)
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], {
    cwd: fileURLToPath(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
