import { describeOutage, outages, type Outage } from './cells.ts'
import { damages, type Damage } from './damage.ts'

/** Every outage under its name, with its kind of damage, where there is any: each kind meets everything else. */
export const circumstances: readonly (readonly [name: string, outage: Outage, damage: Damage])[] = outages.map(
  (outage, index) => {
    const damage = damages[index % damages.length] ?? 'rotten parts'
    const isDamaged = outage.local === 'damaged' || outage.store.endsWith('damaged')
    return [`${describeOutage(outage)}${isDamaged ? ` (${damage})` : ''}`, outage, damage] as const
  },
)
