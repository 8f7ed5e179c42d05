import { userInfo } from 'node:os'
import type { DecidedBy } from '@outlast/snapshot'
import { UserError } from '../user-error.ts'

/** As the format allows. */
const longestText = 1024

/** Who decides and why, for the record in the snapshot: the user of the system unless another name is given. */
export function decidedBy({ actor, reason }: { readonly actor?: string; readonly reason: string }): DecidedBy {
  const by = { actor: (actor ?? systemUser()).trim(), reason: reason.trim() }
  for (const [option, text] of [
    ['--actor', by.actor],
    ['--reason', by.reason],
  ] as const) {
    if (text === '' || text.length > longestText)
      throw new UserError(`${option}: must be 1 to ${longestText} characters`)
  }
  return by
}

function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    // Containers often run under a number that no user has.
    throw new UserError('--actor: must name who does this, the system knows no name for its user')
  }
}
