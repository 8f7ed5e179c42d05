import type { Hold } from './manifest.ts'

/** Why nobody follows the source: one sentence for status, logs and heads. */
export function holdReason({ action, actor, reason }: Hold): string {
  const done = action === 'rollback' ? 'a rollback' : 'a configuration published by hand'
  return `${actor} holds ${done} (${reason}); "outlast snapshot resume" ends it`
}
