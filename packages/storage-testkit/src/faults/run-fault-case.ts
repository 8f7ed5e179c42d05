import { eventually } from '../eventually.ts'
import { closingMs, toleranceMs } from './deadlines.ts'
import type { FaultCase, FaultServer } from './fault-case.ts'
import { outcomeOf, type FaultOutcome } from './fault-outcome.ts'
import type { StorageFaults } from './storage-faults.ts'

export interface FaultReport {
  readonly outcomes: readonly FaultOutcome[]
  /**
   * How many connections stayed open after all calls had ended. With `tcp`, where a client may have one for all calls,
   * after the adapter was disposed of; `undefined` when it cannot be.
   */
  readonly openConnections: number | undefined
  /** What is not as the contract asks, a sentence for each. Empty when all is well. */
  readonly problems: readonly string[]
}

/**
 * Starts the server of a case, makes its calls at the same time, and tells how they ended. Rejects only when the adapter
 * cannot be opened or disposed of. An SDK that is loaded on first use counts in the first case's times.
 */
export async function runFaultCase(faultCase: FaultCase, faults: StorageFaults): Promise<FaultReport> {
  const server = await faultCase.start()
  try {
    return await reportOn(faultCase, faults, server)
  } finally {
    await server.stop()
  }
}

async function reportOn(faultCase: FaultCase, faults: StorageFaults, server: FaultServer): Promise<FaultReport> {
  const { host, port } = server
  const opened = await faults.open({ host, port, timeoutMs: faultCase.timeoutMs })
  const disposable = 'adapter' in opened ? opened : undefined
  const adapter = 'adapter' in opened ? opened.adapter : opened

  const outcomes = await Promise.all(faultCase.calls.map((call) => outcomeOf(call, adapter, faultCase)))
  const reached = await eventually(() => server.connections() !== 0, toleranceMs)
  const ended = outcomes.every(({ code }) => code !== 'pending')
  let openConnections = faults.protocol === 'tcp' ? undefined : await leftOpen(server, ended)
  await disposable?.dispose()
  if (faults.protocol === 'tcp' && disposable) openConnections = await leftOpen(server, ended)

  const problems = outcomes.flatMap(({ call, problem }) => (problem === undefined ? [] : [`${call} ${problem}`]))
  if (!reached) problems.push('no call has reached the server')
  if (openConnections !== undefined && openConnections > 0) problems.push(`${openConnections} connections stayed open`)
  return { outcomes, openConnections, problems }
}

/** How many connections the adapter does not close. When all calls have ended, it has some time to. */
async function leftOpen(server: FaultServer, ended: boolean): Promise<number> {
  if (ended) await eventually(() => server.openConnections() === 0, closingMs)
  return server.openConnections()
}
