/** What a message's Connection fields say (RFC 9110 §7.6.1). */
export interface ConnectionOptions {
  readonly close: boolean
  readonly keepAlive: boolean
  readonly upgrade: boolean
  /** Names in lower case of fields that are for this connection only, apart from those that always are. */
  readonly nominated: readonly string[]
}

const none: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, nominated: [] }
const close: ConnectionOptions = { ...none, close: true }
const keepAlive: ConnectionOptions = { ...none, keepAlive: true }

/** Fields that a message cannot lose by nominating them. */
const indispensable: ReadonlySet<string> = new Set(['content-length', 'date', 'host'])

/** `value`: all Connection fields as one list; empty for none. */
export function connectionOptions(value: string): ConnectionOptions {
  if (value === '') return none
  const lower = value.toLowerCase()
  // Nearly all say one of these.
  if (lower === 'keep-alive') return keepAlive
  if (lower === 'close') return close
  const options = new Set(lower.split(',').map((option) => option.trim()))
  const nominated = [...options].filter((option) => !named.has(option) && !indispensable.has(option))
  return {
    close: options.has('close'),
    keepAlive: options.has('keep-alive'),
    upgrade: options.has('upgrade'),
    nominated,
  }
}

const named: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade'])
