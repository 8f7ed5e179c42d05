import { holdReason, type Domain, type Publication } from '@outlast/snapshot'
import { domains, type Reasons } from '../domains.ts'

/** What operators hold, which stands above everything. */
export function operatorHolds(publications: Readonly<Record<Domain, Pick<Publication, 'base'>>>): Reasons {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const hold = publications[domain].base?.hold
      return hold === undefined ? [] : [[domain, holdReason(hold)]]
    }),
  )
}
