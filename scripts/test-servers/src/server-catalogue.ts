import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type ServerName = 'radosgw' | 'etcd' | 'azurite' | 'nginx' | 'redis'

interface ServerDescription {
  readonly title: string
  /** Debian packages that bring it; empty when it comes from npm. */
  readonly debianPackages: readonly string[]
  /** What is not there, as an ending of "… is not installed". */
  missing(): string | undefined
}

/** The folder with Azurite's own package.json and lock file. */
export const azuriteFolder: string = fileURLToPath(new URL('../azurite', import.meta.url))

/** Azurite's blob service, run with Node. */
export const azuriteScript: string = join(azuriteFolder, 'node_modules/azurite/dist/src/blob/main.js')

// npm writes this file last: without it an installation was broken off.
const azuriteInstalled = join(azuriteFolder, 'node_modules/.package-lock.json')

// Where starting a program looks for it, too.
const searchedFolders = (process.env['PATH'] ?? '').split(delimiter)

const missingProgram = (...programs: string[]) =>
  programs.find((program) => !searchedFolders.some((folder) => existsSync(join(folder, program))))

export const servers: Readonly<Record<ServerName, ServerDescription>> = {
  radosgw: {
    title: 'Ceph radosgw',
    debianPackages: ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-base', 'ceph-common'],
    missing: () =>
      missingProgram('radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool'),
  },
  etcd: { title: 'etcd', debianPackages: ['etcd-server'], missing: () => missingProgram('etcd') },
  nginx: { title: 'nginx', debianPackages: ['nginx-light'], missing: () => missingProgram('nginx') },
  redis: { title: 'Redis', debianPackages: ['redis-server'], missing: () => missingProgram('redis-server') },
  azurite: {
    title: 'Azurite',
    debianPackages: [],
    missing: () => (existsSync(azuriteInstalled) ? undefined : 'azurite (npm)'),
  },
}

export const serverNames: readonly ServerName[] = ['radosgw', 'etcd', 'nginx', 'redis', 'azurite']

/** Why tests cannot use the server (`etcd is not installed`), or `undefined` when they can. */
export function whyMissing(name: ServerName): string | undefined {
  const missing = servers[name].missing()
  return missing === undefined ? undefined : `${missing} is not installed`
}

/** For scripts that cannot do without the server. Throws an error that says what is missing. */
export function requireServer(name: ServerName): void {
  const reason = whyMissing(name)
  if (reason !== undefined) throw new Error(`${reason}; "node scripts/ensure-servers.ts" installs it on Debian`)
}
