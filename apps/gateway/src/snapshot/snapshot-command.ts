import { Command, Option } from 'commander'
import { SnapshotError, snapshotStore, type DomainStore, type Manifest } from '@outlast/snapshot'
import { StorageError, withRetry } from '@outlast/storage'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { gatewayGroup } from '../gateway-group.ts'
import { UserError } from '../user-error.ts'
import { storageFromUrl } from './store-url.ts'

/** What an exit code of `outlast snapshot` means, beside 0 and 1. */
export const notFine = 2

/** What every subcommand works with. */
export interface SnapshotSession {
  readonly store: DomainStore
  /** The store, group and domain, for people. */
  readonly name: string
  readonly json: boolean
  readonly signal: AbortSignal
  /** Standard output: what was asked for. */
  print(text: string): void
  printJson(value: unknown): void
  /** Standard error: what should be known about it. */
  note(text: string): void
  /** The snapshot that `SEQ` or `latest` stands for. */
  resolve(reference: string): Promise<Manifest>
}

interface StoreFlags {
  readonly store?: string
  readonly group: string
  readonly domain: 'resources' | 'instance'
  readonly json?: true
}

/** A subcommand with the options that all of them have. */
export function snapshotSubcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--store <url>', 'where the snapshots are').env('OUTLAST_STORE'))
    .option('--group <name>', 'gateway group', 'default')
    .addOption(new Option('--domain <name>', 'which half').choices(['resources', 'instance']).default('resources'))
    .option('--json', 'for machines')
}

/** Opens the store and runs; what `run` resolves with is the exit code. Failures become a `UserError`. */
export async function runOnStore(
  command: Command,
  run: (session: SnapshotSession) => Promise<number | void>,
): Promise<void> {
  const flags: StoreFlags = command.opts()
  // Who pipes the output into `head` has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  await runUntilStopped(async (signal) => {
    try {
      process.exitCode = (await run(openSession(flags, signal))) ?? 0
    } catch (error) {
      throw explained(error)
    } finally {
      if (signal.aborted) process.exitCode = 130
    }
  })
}

function openSession(flags: StoreFlags, signal: AbortSignal): SnapshotSession {
  if (!flags.store) throw new UserError('--store or OUTLAST_STORE must say where the snapshots are')
  const group = gatewayGroup.safeParse(flags.group)
  if (!group.success) throw new UserError(`--group: ${group.error.issues[0]?.message}`)
  const storage = withRetry(storageFromUrl(flags.store, process.env))
  const store = snapshotStore({ group: flags.group, resources: storage, instance: storage })[flags.domain]
  const name = `${storage.name} (${flags.group}, ${flags.domain})`
  const note = (text: string): void => void process.stderr.write(`outlast: ${text}\n`)
  return {
    store,
    name,
    json: flags.json ?? false,
    signal,
    print: (text) => void process.stdout.write(`${text}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    note,
    async resolve(reference) {
      if (reference !== 'latest') return (await store.manifest(sequenceOf(reference), { signal })).manifest
      const sequences = await store.sequences({ signal })
      for (const sequence of sequences) {
        try {
          return (await store.manifest(sequence, { signal })).manifest
        } catch (error) {
          if (!SnapshotError.isInstance(error)) throw error
          note(`passed over snapshot ${sequence}: ${error.message}`)
        }
      }
      throw sequences.length === 0
        ? noSnapshots(name)
        : new UserError(`none of the snapshots in ${name} can be used`, { exitCode: notFine })
    },
  }
}

/** A number on the command line that names a snapshot. */
export function sequenceOf(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text)
  throw new UserError(`"${text}" is neither the number of a snapshot nor latest`)
}

/** An empty store is most likely a wrong URL or group. */
export function noSnapshots(name: string): UserError {
  return new UserError(`there are no snapshots in ${name}`)
}

function explained(error: unknown): unknown {
  if (StorageError.isInstance(error)) return new UserError(error.message, { cause: error })
  if (!SnapshotError.isInstance(error)) return error
  const exitCode = error.code === 'damaged' || error.code === 'not-yet' || error.code === 'limit-exceeded' ? notFine : 1
  return new UserError(error.message, { cause: error, exitCode })
}
