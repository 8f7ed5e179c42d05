import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { FilledEtcd } from '../exporter/filled-etcd.ts'
import { median } from '../quantile.ts'
import type { Figure } from './figure.ts'
import type { NodeReport } from './follow-process.ts'

const program = fileURLToPath(new URL('follow-process.ts', import.meta.url))

/**
 * A process that follows a real etcd, from nothing and through changes, and writes its local copy. Every run is a process of its
 * own. The peer loads everything again at each change, and makes a router of that in one go.
 */
export async function measureFollowing(
  { endpoint }: Pick<FilledEtcd, 'endpoint'>,
  { size, runs }: { readonly size: number; readonly runs: number },
): Promise<readonly Figure[]> {
  const reports: { ours: NodeReport[]; peer: NodeReport[] } = { ours: [], peer: [] }
  for (let run = 0; run < runs; run += 1) {
    for (const way of ['ours', 'peer'] as const)
      reports[way].push(await runNode(['proxy', way, endpoint, String(size)]))
  }
  const bare = await runNode(['no-sink', 'ours', endpoint, String(size)])
  const compared = (title: string, figure: (report: NodeReport) => number): Figure => ({
    title,
    ours: median(reports.ours.map(figure)),
    peer: median(reports.peer.map(figure)),
  })
  return [
    compared('live import until applied, ms', ({ importMs }) => importMs),
    compared('live import until applied, ms of CPU', ({ importCpuMs }) => importCpuMs),
    compared('longest pause while importing everything, ms', ({ importPauseMs }) => importPauseMs),
    compared('one change, sent to etcd until applied, ms', ({ changeMs }) => changeMs),
    compared('longest pause while one route changes, ms', ({ changePauseMs }) => changePauseMs),
    { title: 'uncompressed configuration, MiB', ours: bare.configurationMiB },
    { title: 'memory kept by the importer alone, MiB', ours: bare.keptMiB },
    compared('memory kept with the proxy or router, MiB', ({ keptMiB }) => keptMiB),
  ]
}

async function runNode(commandLine: readonly string[]): Promise<NodeReport> {
  const child = spawn(process.execPath, ['--conditions=@outlast/source', program, ...commandLine], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (child.exitCode !== 0) throw new Error(`a process ended with ${String(child.exitCode)}`)
  const report: NodeReport = JSON.parse(output)
  return report
}
