import { z } from 'zod'
import type { AcceptApproval } from './approval-subject.ts'
import { maximumFanout, maximumPartBytes, maximumSequence } from './limits.ts'
import { partKeyPattern } from './layout.ts'
import { uuidV7Pattern } from './uuid-v7.ts'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
/** Of content: keyed where the snapshot is sealed. */
const contentDigest = z.string().regex(/^(?:hmac-)?sha256:[0-9a-f]{64}$/)
const count = z.int().min(0)
const position = z.looseObject({ epoch: count, revision: count })

const partSchema = z.looseObject({
  bucket: z.int().min(0).max(maximumFanout),
  key: z.string().regex(partKeyPattern),
  stored: z.looseObject({ digest, size: z.int().min(1).max(maximumPartBytes) }),
  plain: z.looseObject({ digest: contentDigest, size: z.int().min(1).max(maximumPartBytes) }),
  count: z.int().min(1),
})

const text = z.string().max(1024)
const base64url = z.base64url().min(1).max(4096)
const act = { actor: text, reason: text, at: z.iso.datetime() }

/** The shape of an approval that waits in the store to be used. */
export const acceptApprovalSchema: z.ZodType<AcceptApproval> = z.looseObject({
  ...act,
  action: z.literal('accept'),
  base: digest,
  candidate: digest,
  identity: text,
})

/** The shape of a manifest. Members that nobody knows are let through: only `leastReader` shuts readers out. */
export const manifestSchema: z.ZodType = z.looseObject({
  // The version that wrote it. A later one that this reader may read is read as this version.
  format: z.int().min(1),
  leastReader: z.int().min(1),
  group: z.string().min(1).max(64),
  domain: z.enum(['resources', 'instance']),
  sequence: z.int().min(1).max(maximumSequence),
  commitId: z.string().regex(uuidV7Pattern),
  createdAt: z.iso.datetime(),
  position,
  source: z.looseObject({ identity: z.string().max(1024) }),
  previous: digest.optional(),
  fanout: z.int().min(1).max(maximumFanout),
  parts: z.array(partSchema).max(maximumFanout),
  counts: z.record(z.string(), count),
  recentCounts: z
    .array(z.looseObject({ hour: count, entries: count }))
    .max(25)
    .optional(),
  root: digest,
  needs: z.looseObject({ instance: position.optional(), keys: z.array(text).optional() }).optional(),
  hold: z.looseObject({ ...act, action: z.enum(['rollback', 'publish']) }).optional(),
  approvals: z
    .array(
      z.looseObject({
        ...act,
        action: z.enum(['rollback', 'publish', 'resume', 'accept']),
        base: digest.optional(),
        candidate: digest.optional(),
        identity: text.optional(),
      }),
    )
    .max(64)
    .optional(),
  sealing: z.looseObject({ keyId: text, wrappedKey: base64url }).optional(),
  signatures: z
    .array(z.looseObject({ keyId: text, signature: base64url }))
    .max(16)
    .optional(),
})
