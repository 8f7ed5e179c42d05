import type { Domain, Publication } from '@outlast/snapshot'
import { domains, type Reasons } from '../domains.ts'
import type { ExportState } from '../source/export-state.ts'

/** What the format cannot hold is held back as a whole, and said so, instead of failing for ever. */
export function guardSizeLimits(
  publications: Readonly<Record<Domain, Pick<Publication, 'refusal'>>>,
  state: ExportState,
): Reasons {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const refusal = publications[domain].refusal(state[domain])
      if (refusal === undefined) return []
      return [[domain, `the source's ${domain} configuration is larger than a snapshot can be: ${refusal}`]]
    }),
  )
}
