import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs what `package.json` beside this file lists, unless it is there: a peer is needed to measure, not to work on the product. */
export function installPeers(): void {
  if (existsSync(new URL('node_modules', import.meta.url))) return
  console.error('installing the peers into bench/proxy/node_modules')
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
