#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const cli = new URL('../dist/cli.js', import.meta.url)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`outlast: needs Node.js 22.18 or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
} else if (existsSync(cli)) {
  // The next start finds this one's code compiled, however this one ends. Where there is no room for it, only time is lost.
  module.enableCompileCache()
  setTimeout(() => module.flushCompileCache(), 5_000).unref()
  await import(cli.href)
} else {
  process.stderr.write('outlast: not built yet; run "npm run build" first\n')
  process.exitCode = 1
}
