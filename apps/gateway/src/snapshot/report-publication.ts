import type { PublishResult } from '@outlast/snapshot'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import type { SnapshotSession } from './snapshot-session.ts'

/** Says what an operator's commit came to. Throws a `UserError` when it came to nothing. */
export function reportPublication(session: SnapshotSession, result: PublishResult, whatNow: string): void {
  if (result.status === 'lost') {
    throw new UserError('another publisher was quicker every time; try again', { exitCode: notFine })
  }
  if (result.status === 'refused') {
    throw new UserError(`the store refuses it: ${result.reason}`, { exitCode: notFine })
  }
  const { status, manifest } = result
  const { sequence, position, root, hold } = manifest
  if (session.json) {
    session.printJson({ status, sequence, position, root, ...(hold && { hold }) })
    return
  }
  const place = `snapshot ${sequence} at epoch ${position.epoch}, revision ${position.revision}`
  session.print(status === 'published' ? `published ${place}; ${whatNow}` : `unchanged: ${place}`)
}

/** What a rollback and a publication have in common. */
export const heldUntilResume = 'exporters and the return to the control plane are held until `outlast snapshot resume`'
