import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface NodeVersion {
  /** `22.18.0` */
  readonly version: string
  /** Path of the executable. */
  readonly node: string
  /** A folder of types for the compiler (`typeRoots`) with this version's, and no others. */
  readonly types: string
}

/** The lowest that the packages support, the one that this repository works with, and the newest. */
const versions = [
  { version: '22.18.0', types: '22.18.13' },
  { version: process.versions.node, types: '24.19.2' },
  { version: '26.10.0', types: '26.6.6' },
]

/** Fetches what is not running already from npm, into a folder of its own: executables called `node` would come before the project's. */
export async function installNodeVersions(folder: string): Promise<readonly NodeVersion[]> {
  const others = versions.filter(({ version }) => version !== process.versions.node)
  const dependencies = {
    ...Object.fromEntries(others.map(({ version }) => [`node-${version}`, `npm:${platformPackage()}@${version}`])),
    ...Object.fromEntries(versions.map(({ version, types }) => [`types-${version}`, `npm:@types/node@${types}`])),
  }
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
  return Promise.all(
    versions.map(async ({ version }) => {
      const types = join(folder, 'types', version)
      await mkdir(types, { recursive: true })
      await symlink(join(folder, 'node_modules', `types-${version}`), join(types, 'node'), 'junction')
      const installed = join(folder, 'node_modules', `node-${version}`, 'bin', executable)
      return { version, node: version === process.versions.node ? process.execPath : installed, types }
    }),
  )
}

const executable = process.platform === 'win32' ? 'node.exe' : 'node'

/** Where npm keeps this platform's executable: the naming of the npm package `node`, which installs it. */
function platformPackage(): string {
  if (process.platform === 'win32') return `node-win-${process.arch}`
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  return `${prefix}-${process.platform}-${process.arch}`
}
