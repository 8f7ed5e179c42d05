import type * as Crypto from 'node:crypto'
import { vi } from 'vitest'
import type { Random } from './random.ts'

const source: { random: Random | undefined } = { random: undefined }

/** Makes the names of commits repeatable, where this was imported before everything that draws them. */
export function drawBytesFrom(random: Random): void {
  source.random = random
}

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  return {
    ...crypto,
    randomBytes: (size: number) =>
      source.random === undefined
        ? crypto.randomBytes(size)
        : Buffer.from(Array.from({ length: size }, () => source.random?.below(256) ?? 0)),
  }
})
