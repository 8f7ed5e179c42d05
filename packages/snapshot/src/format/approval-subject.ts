import { hash } from 'node:crypto'
import type { Act } from './manifest.ts'

/** What an operator was shown, and what an accept is good for: exactly this, and once. SPEC section 15. */
export interface ApprovalSubject {
  /** Digest of the manifest that would be replaced. */
  readonly base: string
  /** Root of the content that would replace it. */
  readonly candidate: string
  /** Identity of the source that it comes from. */
  readonly identity: string
}

/** The approval that releases an exporter which holds by itself. */
export interface AcceptApproval extends Act, ApprovalSubject {
  readonly action: 'accept'
}

/** 64 hexadecimal digits that name the approval of this subject, so that whoever holds can ask for it by name. */
export function approvalId({ base, candidate, identity }: ApprovalSubject): string {
  return hash('sha256', `outlast-approval-id-1\n${base}\n${candidate}\n${identity}`)
}
