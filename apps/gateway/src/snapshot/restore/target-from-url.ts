import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorText, systemCode } from '../../error-text.ts'
import { UserError } from '../../user-error.ts'
import { adminTarget } from './admin-target.ts'
import { dataFolderTarget } from './data-folder-target.ts'
import { etcdTarget } from './etcd-target.ts'
import type { RestoreTarget } from './restore-target.ts'

interface TargetOptions {
  readonly group: string
  readonly environment: NodeJS.ProcessEnv
}

/**
 * What `--to` names. Reaches out to nothing but the files of `ca_file`, `cert_file` and `key_file`. Throws `UserError`
 * that never repeats the URL, which may hold what does not belong in it.
 */
export async function targetFromUrl(text: string, options: TargetOptions): Promise<RestoreTarget> {
  const [scheme = ''] = text.split(':')
  const open = openers.get(scheme)
  if (!open) throw fault(`is no URL of a target; ${shapes}`)
  try {
    return await open(text, options)
  } catch (error) {
    throw error instanceof UserError ? error : fault(`cannot be used: ${errorText(error)}`)
  }
}

const shapes =
  'give etcd://host:2379/prefix (etcds:// with TLS), http://host:9180 of an Admin API, or ' +
  "file:///path of a control plane's data folder"

type Opener = (text: string, options: TargetOptions) => RestoreTarget | Promise<RestoreTarget>

const openers: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['etcd', openEtcd],
  ['etcds', openEtcd],
  ['http', openAdmin],
  ['https', openAdmin],
  ['file', openDataFolder],
])

async function openEtcd(text: string, { environment }: TargetOptions): Promise<RestoreTarget> {
  // Several hosts in one URL: the URL parser takes no commas.
  const [, scheme, hosts = '', prefix = '', query = ''] =
    /^(etcds?):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text) ?? []
  if (hosts === '') throw fault(`is no URL of a target; ${shapes}`)
  if (hosts.includes('@')) {
    throw fault('must not hold credentials; set OUTLAST_TARGET_USER and OUTLAST_TARGET_PASSWORD')
  }
  if (/^\/*$/.test(prefix)) throw fault('must name a prefix: /apisix, or /gateway_groups/<group>')
  const isSecure = scheme === 'etcds'
  const parameters = parametersOf(query, isSecure ? ['ca_file', 'cert_file', 'key_file', 'server_name'] : [])
  const user = environment['OUTLAST_TARGET_USER']
  return etcdTarget({
    endpoints: hosts.split(',').map((host) => `${isSecure ? 'https' : 'http'}://${host}`),
    prefix: decodeURIComponent(prefix),
    ...(user && { user, password: environment['OUTLAST_TARGET_PASSWORD'] ?? '' }),
    ...(isSecure && {
      tls: {
        ca: await readParameter(parameters, 'ca_file'),
        cert: await readParameter(parameters, 'cert_file'),
        key: await readParameter(parameters, 'key_file'),
        serverName: parameters.get('server_name'),
      },
    }),
  })
}

function openAdmin(text: string, { group, environment }: TargetOptions): RestoreTarget {
  const url = new URL(text)
  if (url.username || url.password || url.search || url.hash) {
    throw fault('must hold neither credentials nor parameters; set OUTLAST_ADMIN_KEY')
  }
  const key = environment['OUTLAST_ADMIN_KEY']
  if (!key) throw fault('needs the key of the Admin API in OUTLAST_ADMIN_KEY')
  const path = url.pathname.replace(/\/+$/, '')
  return adminTarget({ base: `${url.origin}${path || '/apisix/admin'}`, key, group })
}

function openDataFolder(text: string, { group }: TargetOptions): RestoreTarget {
  // Anything else would be taken for another folder, and one that is not there is created.
  if (!text.startsWith('file:///')) throw fault('must hold a whole path: file:///path')
  const url = new URL(text)
  if (url.search || url.hash) throw fault('takes no parameters')
  const path = fileURLToPath(url)
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? path.endsWith('.db')
  return dataFolderTarget({ databasePath: isFile ? path : join(path, 'control-plane.db'), group })
}

function parametersOf(query: string, names: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!names.includes(name)) throw fault(`has an unknown parameter; known here: ${names.join(', ') || 'none'}`)
    if (value === '' || parameters.has(name)) throw fault(`gives ${name} twice, or without a value`)
    parameters.set(name, value)
  }
  return parameters
}

async function readParameter(parameters: ReadonlyMap<string, string>, name: string): Promise<string | undefined> {
  const path = parameters.get(name)
  if (path === undefined) return undefined
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw fault(`${name} ${path} cannot be read (${systemCode(error)})`)
  })
}

function fault(message: string): UserError {
  return new UserError(`--to: ${message}`)
}
