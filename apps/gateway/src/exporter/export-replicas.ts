import type { ReplicaOptions } from '@outlast/exporter'
import type { ConfigFile } from '../config/config-file.ts'
import type { FallbackCp } from '../config/fallback-cp.ts'
import { errorText } from '../error-text.ts'
import { storageBlocksOf } from '../storage/blocks/storage-blocks-of.ts'

/** The stores of `fallback_cp.replicas`, opened. Throws `UserError`; reaches out to nothing. */
export function exportReplicas(options: {
  readonly file: ConfigFile
  /** Where `fallback_cp` stands in the file. */
  readonly field: readonly string[]
  readonly fallback: FallbackCp
}): readonly ReplicaOptions[] {
  const { file, field, fallback } = options
  const names = new Set<string>()
  return (fallback.replicas ?? []).map((replica, index) => {
    const fault = (below: readonly string[], message: string) =>
      file.fault([...field, 'replicas', index, ...below], message)
    const blocks = { ...replica, single_writer: fallback.single_writer }
    const [block, second] = storageBlocksOf(blocks, fault, 'write')
    if (!block) throw fault([], 'names no storage: give aws_s3, azure_blob, gcs or filesystem')
    if (second) throw fault([second.name], `${block.name} is set as well; give each store an item of its own`)
    if (!block.resource) throw fault([block.name], 'must name the resource bucket as well')
    try {
      const [instance, resources] = [block.open(block.config.bucket), block.open(block.resource.bucket)]
      const name = replica.name ?? resources.name
      if (names.has(name)) throw new Error(`another replica is called ${name} as well; give each a name of its own`)
      names.add(name)
      return { name, instance, resources, prune: replica.prune }
    } catch (error) {
      throw fault([block.name], errorText(error))
    }
  })
}
