import type { BlockFault, BlockFields } from './storage-block.ts'

/**
 * Two buckets, or one that stands for the config bucket. Both may be the same: the layout keeps domains apart.
 * Throws the fault of the field that is missing, or too much.
 */
export function blockBuckets<Single extends string, Config extends string, Resource extends string>(
  block: { readonly [name in Single | Config | Resource]?: string | undefined },
  [single, config, resource]: readonly [Single, Config, Resource],
  fault: BlockFault,
): Pick<BlockFields, 'config' | 'resource'> {
  if (block[single] && (block[config] || block[resource])) {
    throw fault(
      single,
      `${block[config] ? config : resource} is set as well; give ${single} alone, or ${config} and ${resource}`,
    )
  }
  const field = block[single] ? single : config
  const bucket = block[field]
  if (!bucket) throw fault(config, 'is missing')
  const resourceBucket = block[resource]
  return {
    config: { bucket, field },
    resource: resourceBucket ? { bucket: resourceBucket, field: resource } : undefined,
  }
}
