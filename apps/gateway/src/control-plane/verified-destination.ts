import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FallbackStore } from '../storage/fallback-stores.ts'

// A destination that has never worked is a mistake in the file, and stops the start. One that has worked before is in an
// outage, and must not keep a control plane from starting. This remembers which of the two it is.

const fileName = 'verified-destinations.json'

/** Whether all these stores have been tried with success before. */
export async function wasVerified(folder: string, stores: readonly FallbackStore[]): Promise<boolean> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => '')
  return text === describe(stores)
}

export async function rememberVerified(folder: string, stores: readonly FallbackStore[]): Promise<void> {
  await writeFile(join(folder, fileName), describe(stores), { mode: 0o600 })
}

function describe(stores: readonly FallbackStore[]): string {
  return JSON.stringify(stores.flatMap(({ instance, resources }) => [instance.name, resources.name]))
}
