import { isMassChange, type Domain } from '@outlast/snapshot'
import { countOf, differences, type Content } from './content.ts'

const domains: readonly Domain[] = ['resources', 'instance']

/**
 * Why one configuration looks like an accident beside another: too many of its entries are gone or different. What is
 * added never counts. `undefined` when it does not.
 */
export function massChange(now: Content, before: Content): string | undefined {
  const lost = { resources: 0, instance: 0 }
  for (const difference of differences(before, now)) {
    const item = difference.before
    if (item !== undefined && item.digest !== difference.after?.digest) lost[item.domain]++
  }
  for (const domain of domains) {
    const count = countOf(before, domain)
    if (isMassChange(lost[domain], count))
      return `${lost[domain]} of the ${count} ${domain} entries would be gone or different`
  }
  return undefined
}

/** The same, but the last answer is remembered: the same two are compared again at each look, and may be large. */
export function rememberedMassChange(): typeof massChange {
  let last: { readonly now: Content; readonly before: Content; readonly reason: string | undefined } | undefined
  return (now, before) => {
    if (last?.now !== now || last.before !== before) last = { now, before, reason: massChange(now, before) }
    return last.reason
  }
}
