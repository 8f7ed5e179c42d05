import { median, quantile } from '../quantile.ts'
import type { Cost, Round } from './measure-rounds.ts'

/** Medians over the rounds. A ratio is ours divided by the bare way's, of the same round; below 1, ours is cheaper. */
export interface Figures {
  readonly cpuMicroseconds: Compared
  readonly wallMicroseconds: Compared
}

export interface Compared {
  readonly ours: number
  readonly bare: number | null
  readonly ratio: number | null
  /** First and third quartile of the ratio. */
  readonly spread: readonly [number, number] | null
}

export function figuresOf(rounds: readonly Round[]): Figures {
  return { cpuMicroseconds: compare(rounds, 'cpuMicroseconds'), wallMicroseconds: compare(rounds, 'wallMicroseconds') }
}

function compare(rounds: readonly Round[], of: keyof Cost): Compared {
  const ours = rounded(median(rounds.map((round) => round.ours[of])), 1)
  const paired = rounds.flatMap((round) =>
    round.bare === undefined ? [] : [{ ours: round.ours[of], bare: round.bare[of] }],
  )
  if (paired.length === 0) return { ours, bare: null, ratio: null, spread: null }
  const ratios = paired.map((round) => round.ours / round.bare)
  return {
    ours,
    bare: rounded(median(paired.map(({ bare }) => bare)), 1),
    ratio: rounded(median(ratios), 2),
    spread: [rounded(quantile(ratios, 0.25), 2), rounded(quantile(ratios, 0.75), 2)],
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
