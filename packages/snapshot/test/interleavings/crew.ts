import type { StorageAdapter } from '@outlast/storage'
import { isExpected, type Round, type Stage } from './actors.ts'
import type { Bucket } from './bucket.ts'
import type { Ledger } from './ledger.ts'
import { scheduledStorage, type Weather } from './scheduled-storage.ts'
import type { Life } from './scheduler.ts'

interface Part {
  readonly name: string
  readonly bucket: Bucket
  readonly rounds: number
  /** Begins a life: nothing but the bucket is known. */
  readonly begin: (stage: Stage) => Round
  readonly wrap?: ((storage: StorageAdapter, bucket: Bucket) => StorageAdapter) | undefined
}

/** Everybody who plays. Who dies comes back with an empty memory, as long as rounds are left. */
export interface Crew {
  play(part: Part): void
  /** Ends the lives of all whose names begin so; what they have sent does not arrive. */
  kill(names: string): void
}

export function crew(weather: Weather, ledger: Ledger, thinkMs: () => number): Crew {
  const { scheduler } = weather
  const lives = new Map<Life, () => void>()

  function begin(part: Part, left: { rounds: number }, number: number): void {
    const life: Life = { name: `${part.name}.${number}`, isAlive: true }
    const next: Life = { name: `${part.name}.${number + 1}`, isAlive: true }
    const onDeath = (): void => {
      scheduler.later(next, 'is started', thinkMs(), () => {
        begin(part, left, number + 1)
      })
    }
    lives.set(life, onDeath)
    const storage = scheduledStorage(part.bucket, life, weather, onDeath)
    const wrapped = part.wrap?.(storage, part.bucket) ?? storage
    const round = part.begin({ life, storage: wrapped, scheduler, ledger, delayMs: weather.delayMs })
    void live(life, round, left)
  }

  async function live(life: Life, round: Round, left: { rounds: number }): Promise<void> {
    while (left.rounds > 0) {
      left.rounds -= 1
      await scheduler.turn(life, 'begins a round', thinkMs())
      try {
        await round()
      } catch (error) {
        if (!isExpected(error)) ledger.violate(`${life.name} fails: ${String(error)}`)
        scheduler.note(`${life.name}: ${String(error)}`)
      }
    }
  }

  return {
    play(part) {
      begin(part, { rounds: part.rounds }, 1)
    },
    kill(names) {
      for (const [life, onDeath] of lives) {
        if (!life.isAlive || !life.name.startsWith(names)) continue
        life.isAlive = false
        onDeath()
      }
    },
  }
}
