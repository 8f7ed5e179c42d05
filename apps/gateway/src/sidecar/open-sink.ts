import { apisixAdminSink, apisixFileSink, type ApisixSink } from '@outlast/dataplane/sinks'
import type { Logger } from '@outlast/snapshot'
import type { SidecarConfig } from '../config/sidecar-config.ts'
import { errorText } from '../error-text.ts'
import { UserError } from '../user-error.ts'

/** The sink that a sidecar's file asks for. Reaches out to nothing before it is handed a configuration. Throws `UserError`. */
export function openSink({ target, keyring }: Pick<SidecarConfig, 'target' | 'keyring'>, logger: Logger): ApisixSink {
  try {
    if (target.type === 'apisix-yaml') return apisixFileSink({ path: target.path, keyring, logger })
    const { type: _type, ...options } = target
    return apisixAdminSink({ ...options, keyring, logger })
  } catch (error) {
    throw new UserError(`deployment.sidecar: ${errorText(error)}`, { cause: error })
  }
}
