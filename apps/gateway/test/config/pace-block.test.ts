import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { dataPlaneConfig } from '../../src/config/data-plane-config.ts'

const read = (keys: string) =>
  dataPlaneConfig(
    parseConfigFile(
      'config.yaml',
      `deployment:\n  role_data_plane: { ${keys} }\n  fallback_cp: { filesystem: { path: /backup } }\n`,
      {},
    ),
    {},
    {},
  )

describe('the pace of a node, as its file has it', () => {
  it('is in seconds, and what is not there has its default', () => {
    expect(read('return_jitter: 0, apply_delay: 1.5, stable_after: 86400')).toMatchObject({
      pace: { returnJitterMs: 0, applyDelayMs: 1_500, stableAfterMs: 86_400_000 },
      ignored: [],
    })
    expect(read('apply_delay: 600').pace).toEqual({
      returnJitterMs: 5_000,
      applyDelayMs: 600_000,
      stableAfterMs: 600_000,
    })
  })

  it.each(['return_jitter', 'apply_delay', 'stable_after'])('names %s when it cannot be', (key) => {
    for (const value of ['-1', '86401', '"5s"']) {
      expect(() => read(`${key}: ${value}`)).toThrow(`deployment.role_data_plane.${key}`)
    }
  })
})
