import { Command, Option } from 'commander'
import { SnapshotError, SourceError, type Domain } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { StoreError } from '../control-plane/store/store-error.ts'
import { gatewayGroup } from '../gateway-group.ts'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import { createProgress } from './progress.ts'
import { openSession, type SnapshotSession } from './snapshot-session.ts'
import { readStoreKeys, type StoreKeyFlags } from './store-keys.ts'

interface StoreFlags extends StoreKeyFlags {
  readonly store?: string
  readonly instanceStore?: string
  readonly group: string
  /** Absent for subcommands that are about both. */
  readonly domain?: Domain | 'all'
  readonly json?: true
}

/** What a subcommand does with the store, beside reading it. */
interface SubcommandNeeds {
  /** Publishes, so it may have to sign. */
  readonly publishes?: boolean
  /** Also takes both domains at once. */
  readonly takesAllDomains?: boolean
  /** Is about both domains, always. */
  readonly isAboutBoth?: boolean
}

/** A store that does not answer lets nobody wait without a word. */
const refreshIntervalMs = 500

/** A subcommand with the options that all of them have. */
export function snapshotSubcommand(name: string, description: string, needs: SubcommandNeeds = {}): Command {
  const domains = ['resources', 'instance', ...(needs.takesAllDomains ? ['all'] : [])]
  const command = new Command(name)
    .description(description)
    .addOption(new Option('--store <url>', 'where the snapshots are').env('OUTLAST_STORE'))
    .addOption(
      new Option('--instance-store <url>', 'where those of the instance domain are, when elsewhere').env(
        'OUTLAST_INSTANCE_STORE',
      ),
    )
    .option('--group <name>', 'gateway group', 'default')
    .option(
      '--trusted-key <file>',
      'only believe what this public key has signed; repeatable (env: OUTLAST_TRUSTED_KEYS)',
      collect,
    )
    .option(
      '--sealing-key <file>',
      'opens sealed snapshots; repeatable, the first one seals (env: OUTLAST_SEALING_KEY)',
      collect,
    )
    .option('--json', 'for machines')
  if (!needs.isAboutBoth) {
    command.addOption(new Option('--domain <name>', 'which half').choices(domains).default('resources'))
  }
  return needs.publishes
    ? command.option('--signing-key <file>', 'private key that signs what is published (env: OUTLAST_SIGNING_KEY)')
    : command
}

/** Opens the store and runs; what `run` resolves with is the exit code. Failures become a `UserError`. */
export async function runOnStore(
  command: Command,
  run: (session: SnapshotSession) => Promise<number | void>,
): Promise<void> {
  const flags: StoreFlags = command.opts()
  // Who pipes the output into `head` has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    process.stderr.write(`outlast: standard output cannot be written (${error.code})\n`)
    process.exit(1)
  })
  await runUntilStopped(async (signal) => {
    const stream = flags.json ? { isTTY: false, columns: 0, write: () => true } : process.stderr
    const progress = createProgress({ stream, now: () => performance.now() })
    const refreshing = setInterval(() => progress.refresh(), refreshIntervalMs)
    try {
      const { url, group } = checked(flags)
      const session = openSession({
        url,
        instanceUrl: flags.instanceStore || undefined,
        group,
        domain: flags.domain === 'instance' ? 'instance' : 'resources',
        json: flags.json ?? false,
        keys: await readStoreKeys(flags, process.env),
        progress,
        signal,
      })
      progress.say(`waiting for ${session.name}`)
      process.exitCode = (await run(session)) ?? 0
    } catch (error) {
      throw explained(error)
    } finally {
      clearInterval(refreshing)
      progress.clear()
      if (signal.aborted) process.exitCode = 130
    }
  })
}

function checked(flags: StoreFlags): { readonly url: string; readonly group: string } {
  if (!flags.store) throw new UserError('--store or OUTLAST_STORE must say where the snapshots are')
  const group = gatewayGroup.safeParse(flags.group)
  if (!group.success) throw new UserError(`--group: ${group.error.issues[0]?.message}`)
  return { url: flags.store, group: flags.group }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Mistakes and outages; what else can be wrong with a snapshot is wrong with what it holds. */
const codesOfMistakes: ReadonlySet<string> = new Set([
  'not-found',
  'unsupported-version',
  'read-only',
  'create-only-not-enforced',
])

const adviceOn: ReadonlyMap<string, string> = new Map([
  ['damaged', '"outlast snapshot verify" says which snapshot can be used'],
  ['not-yet', '"outlast snapshot verify" says which snapshot can be used'],
  ['missing-key', '--sealing-key or OUTLAST_SEALING_KEY names its file'],
  ['unsupported-version', 'it takes a newer outlast'],
])

function explained(error: unknown): unknown {
  if (StorageError.isInstance(error) || SourceError.isInstance(error) || StoreError.isInstance(error)) {
    // Only what is restored to has a source's interface here.
    const place = SourceError.isInstance(error) ? '--to: ' : ''
    return new UserError(place + error.message, { cause: error })
  }
  if (!SnapshotError.isInstance(error)) return error
  const advice = adviceOn.get(error.code)
  return new UserError(advice === undefined ? error.message : `${error.message}; ${advice}`, {
    cause: error,
    exitCode: codesOfMistakes.has(error.code) ? 1 : notFine,
  })
}
