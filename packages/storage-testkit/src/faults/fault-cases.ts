import { connectionCases } from './connection-cases.ts'
import { bodyCases } from './body-cases.ts'
import type { FaultCase } from './fault-case.ts'
import { statusCases } from './status-cases.ts'
import type { StorageFaults } from './storage-faults.ts'

/** The cases that these faults call for; `runFaultCase` runs one of them. */
export function faultCases(faults: StorageFaults): readonly FaultCase[] {
  const isHttp = (faults.protocol ?? 'http') === 'http'
  return [...connectionCases(isHttp), ...(isHttp ? [...bodyCases(faults), ...statusCases(faults)] : [])]
}
