import { Command } from 'commander'
import type { DomainOutcome, ReplicaStatus } from '@outlast/exporter'
import { notFine } from '../snapshot/exit-codes.ts'
import { UserError } from '../user-error.ts'
import { runUntilStopped } from './run-until-stopped.ts'

export function exportCommand(): Command {
  return new Command('export')
    .description('Export once and end, for cron and CI; "outlast exporter" goes on exporting.')
    .option('-c, --config <file>', 'configuration file, with deployment.fallback_cp.mode: write', 'config.yaml')
    .option('--once', 'required: says that this is one export')
    .option('--json', 'for machines')
    .addHelpText('after', help)
    .action(async (flags: { config: string; once?: true; json?: true }) => {
      if (!flags.once) throw new UserError('give --once, or run "outlast exporter" to go on exporting')
      const { runExportOnce } = await import('../exporter/run-export-once.ts')
      await runUntilStopped(async (signal) => {
        try {
          const { group, outcome, replicas } = await runExportOnce({
            config: flags.config,
            environment: process.env,
            signal,
          })
          const domains = { instance: outcome.instance, resources: outcome.resources }
          const text = flags.json
            ? JSON.stringify({ group, ...mapped(domains, report), replicas: replicas.map(replicaReport) })
            : [
                ...Object.entries(domains).map(([domain, result]) => `${domain}: ${sentence(result)}`),
                ...replicas.map((replica) => `replica ${replica.name}: ${problemOf(replica) ?? 'has everything'}`),
              ].join('\n')
          process.stdout.write(`${text}\n`)
          if (replicas.some((replica) => problemOf(replica) !== undefined)) process.exitCode = 1
          if (Object.values(domains).some(({ status }) => status === 'held')) process.exitCode = notFine
        } finally {
          if (signal.aborted) process.exitCode = 130
        }
      })
    })
}

const help = `
Exit codes:
  0    the backup holds what the source has (published, unchanged, or nothing to keep yet)
  1    a mistake in the file, or source, store or a replica cannot be used
  2    held: the backup stays as it is until "outlast exporter accept" or "resume"
  130  interrupted`

function sentence(outcome: DomainOutcome): string {
  if (outcome.status === 'published') return `published snapshot ${String(outcome.manifest.sequence)}`
  if (outcome.status === 'unchanged') return `unchanged since snapshot ${String(outcome.manifest.sequence)}`
  return outcome.status === 'held' ? `held: ${outcome.reason}` : 'nothing to keep yet'
}

/** Why a replica does not have everything. */
function problemOf({ lastSuccessAt, lastError, domains }: ReplicaStatus): string | undefined {
  if (lastSuccessAt !== undefined) return undefined
  if (lastError) return lastError.message
  const [domain] = Object.entries(domains).find(([, { status }]) => status === 'diverged') ?? []
  return domain === undefined
    ? 'is behind'
    : `its ${domain} are of another history; see "replicas" in the documentation`
}

function replicaReport(replica: ReplicaStatus): object {
  return { name: replica.name, problem: problemOf(replica) }
}

function report(outcome: DomainOutcome): object {
  const { status } = outcome
  if (status === 'held') return { status, reason: outcome.reason }
  return 'manifest' in outcome
    ? { status, sequence: outcome.manifest.sequence, position: outcome.manifest.position }
    : { status }
}

function mapped<Value, Result>(record: Readonly<Record<string, Value>>, map: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
