import type { Domain, Manifest } from '@outlast/snapshot'

/** In the order in which they are published: resources need what is in the other one. */
export const domains: readonly Domain[] = ['instance', 'resources']

/** The newest snapshot of each domain, when the cycle began. */
export type Bases = Readonly<Record<Domain, Manifest | undefined>>

/** Reasons against a state, each one sentence without values, by the domain that gives cause. */
export type Reasons = Readonly<Partial<Record<Domain, string>>>
