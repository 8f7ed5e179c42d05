import { silentLogger } from '@outlast/snapshot'
import { parseConfigFile, type ConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import type { StorageAccess } from '../../src/storage/blocks/storage-block.ts'
import { fallbackStores, type FallbackStore } from '../../src/storage/fallback-stores.ts'

export interface OpenedFallback {
  readonly file: ConfigFile
  readonly stores: readonly FallbackStore[]
}

/** Opens what stands below `fallback_cp` in a control plane's file, without keys. */
export function openFallback(block: string, access: StorageAccess = 'write'): OpenedFallback {
  const file = parseConfigFile('conf.yaml', `fallback_cp:\n  ${block}\n`, {})
  const { fallback } = controlPlaneConfig(file, { data: 'data' })
  if (!fallback) throw new Error('there is a block')
  const keys = { signer: undefined, trustedKeys: undefined, sealingKeys: [] }
  const common = { file, field: ['fallback_cp'], group: 'default', keys, logger: silentLogger, access }
  return { file, stores: fallbackStores({ ...common, fallback }) }
}
