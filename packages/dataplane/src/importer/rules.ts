import type { Offer } from './candidate.ts'
import type { Facts } from './facts.ts'

/** What can be done about a situation; the values say what each one means. */
export const actions = {
  wait: 'nothing, and what follows from it is not known yet',
  keep: 'what is in effect stays in effect',
  'await-turn': 'it stays until the turn of this node comes, if the control plane can still be followed then',
  'take-live': "the control plane's configuration takes effect",
  'take-snapshot': 'the newest snapshot takes effect',
  'take-pinned': 'the pinned snapshot takes effect',
  'take-frozen': 'what was frozen takes effect again',
} as const

export type Action = keyof typeof actions

export interface Rule {
  /** The guard in words. */
  readonly when: string
  readonly guard: (facts: Facts<Offer>) => boolean
  readonly action: Action
}

/** What is done in which situation: the first rule whose guard holds. */
export const rules: readonly Rule[] = [
  {
    when: 'nothing is in effect, and within the boot timeout somebody has not answered yet',
    guard: ({ running, isHearing }) => running === undefined && isHearing,
    action: 'wait',
  },
  {
    when: 'an operator has frozen what is in effect',
    guard: ({ running, situation }) => running !== undefined && situation.orders.frozen !== undefined,
    action: 'keep',
  },
  {
    when: 'an operator had frozen what was in effect before a restart, and it can be had',
    guard: ({ frozen }) => frozen !== undefined,
    action: 'take-frozen',
  },
  {
    when: 'an operator has pinned a snapshot that is not in effect, and it can be had',
    guard: ({ pinned }) => pinned !== undefined,
    action: 'take-pinned',
  },
  {
    when: 'an operator has pinned a snapshot, and something is in effect',
    guard: ({ running, situation }) => running !== undefined && situation.orders.pinned !== undefined,
    action: 'keep',
  },
  {
    // Nobody waits for a turn who has nothing in effect, or has the control plane's configuration.
    when: 'the control plane answers, is not refused, the sink can use what it says, and no turn has to be awaited',
    guard: (facts) => facts.isLiveUsable && facts.refusal === undefined && !awaitsTurn(facts),
    action: 'take-live',
  },
  {
    // A running node waits for the next state of its control plane; a starting one looks on.
    when: 'the control plane answers and is not refused, the sink cannot use what it says, and something is in effect',
    guard: ({ running, live, refusal, isLiveUsable }) =>
      running !== undefined && live !== undefined && refusal === undefined && !isLiveUsable,
    action: 'wait',
  },
  {
    when: 'a snapshot that the sink can use is newer than what is in effect, or nothing is in effect',
    guard: ({ newer }) => newer !== undefined,
    action: 'take-snapshot',
  },
  {
    when: 'a snapshot is in effect, the control plane could be followed again, and the turn of this node has not come',
    guard: awaitsTurn,
    action: 'await-turn',
  },
  { when: 'otherwise', guard: () => true, action: 'keep' },
]

function awaitsTurn({ couldReturn, situation }: Facts<Offer>): boolean {
  return couldReturn && situation.live?.isTurn === false
}
