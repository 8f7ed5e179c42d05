// Makes sure of the real servers that tests use. On Debian as root it installs what is missing;
// elsewhere it says what is missing and which suites that skips. REQUIRE_SERVERS=1 makes missing fatal.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import {
  azuriteFolder,
  serverNames,
  servers,
  whyMissing,
  type ServerName,
} from './test-servers/src/server-catalogue.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const missingServers = () => serverNames.filter((name) => whyMissing(name) !== undefined)
const say = (line: string) => console.log(`servers: ${line}`)

/** Runs a program quietly; `undefined` for success, else the end of what it said. */
function failureOf(program: string, programArguments: string[], cwd: string = root): string | undefined {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const result = spawnSync(program, programArguments, { cwd, env: environment, encoding: 'utf8' })
  if (result.status === 0) return undefined
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`
  return output.trim().split('\n').slice(-15).join('\n')
}

function run(program: string, programArguments: string[], cwd?: string): void {
  const failure = failureOf(program, programArguments, cwd)
  if (failure !== undefined) console.error(failure)
}

/**
 * Debian packages start their services; tests start their own, and a stranger on port 2379 is not wanted.
 * Left behind by a killed run, the file stops no service: it looks for this process, and goes by itself.
 */
function withoutServiceStarts<T>(work: () => T): T {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return work()
  writeFileSync(policy, `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nrm -f "$0"\n`, { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy, { force: true })
  }
}

function installDebianPackages(packages: readonly string[]): void {
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages]
  say(`installing ${packages.join(' ')} (about 20 s)`)
  withoutServiceStarts(() => {
    if (failureOf('apt-get', install) === undefined) return
    say('apt-get update, then once more')
    run('apt-get', ['update', '-q'])
    run('apt-get', install)
  })
}

function installAzurite(): void {
  say('installing Azurite from npm (365 MB, about 30 s)')
  // Its one install script only prints a notice.
  run('npm', ['ci', '--prefix', azuriteFolder, '--ignore-scripts', '--no-audit', '--no-fund'], azuriteFolder)
}

function suitesThatNeed(name: ServerName): string[] {
  const folders = ['packages/*/test/**', 'apps/*/test/**', 'scripts/*/test/**', 'examples']
  const tests = globSync(
    folders.map((folder) => `${folder}/*.test.ts`),
    { cwd: root },
  )
  const mention = new RegExp(`describeWithServer\\(\\s*'${name}'`)
  return tests.filter((path) => mention.test(readFileSync(`${root}/${path}`, 'utf8')))
}

const canUseApt = process.getuid?.() === 0 && existsSync('/etc/debian_version')
const packages = missingServers().flatMap((name) => servers[name].debianPackages)
if (packages.length > 0 && canUseApt) installDebianPackages(packages)
if (whyMissing('azurite') !== undefined && canUseApt) installAzurite()

const stillMissing = missingServers()
for (const name of stillMissing) {
  const howTo =
    servers[name].debianPackages.length > 0
      ? `Debian: apt-get install ${servers[name].debianPackages.join(' ')}`
      : 'npm ci --ignore-scripts --prefix scripts/test-servers/azurite'
  say(`${servers[name].title}: ${whyMissing(name)} (${howTo})`)
  for (const suite of suitesThatNeed(name)) say(`  skips ${suite}`)
}
if (stillMissing.length === 0) say(`${serverNames.map((name) => servers[name].title).join(', ')} are installed`)
if (stillMissing.length > 0 && process.env['REQUIRE_SERVERS'] === '1') {
  console.error('servers: REQUIRE_SERVERS=1, so missing servers are an error')
  process.exitCode = 1
}
