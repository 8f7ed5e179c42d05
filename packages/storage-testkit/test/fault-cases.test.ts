import { connect } from 'node:net'

import { defineStorage, memoryStorage, StorageError } from '@outlast/storage'
import { describe, expect, it } from 'vitest'

import {
  faultCases,
  faultyStorage,
  runFaultCase,
  type FaultCase,
  type FaultReport,
  type StorageFaults,
} from '../src/index.ts'
import { httpDefinition } from './http-store/http-definition.ts'

const faults: StorageFaults = {
  open: ({ timeoutMs, ...address }) => defineStorage(httpDefinition(address), { timeoutMs }),
  objectHeaders: { etag: '"1"', server: 'box' },
}

function caseOf(name: string, from: StorageFaults): FaultCase {
  const found = faultCases(from).find((faultCase) => faultCase.name === name)
  if (found === undefined) throw new Error(`there is no case "${name}"`)
  return found
}

const run = (name: string, given: StorageFaults = faults): Promise<FaultReport> =>
  runFaultCase(caseOf(name, given), given)

describe('faultCases', () => {
  it('have names of their own, and expect an error', () => {
    const cases = faultCases(faults)
    expect(cases.length).toBeGreaterThan(20)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    for (const { calls, codes } of cases) expect([calls.length, codes.length]).not.toContain(0)
  })

  it('leave out what is said in HTTP when the protocol is another one', () => {
    expect(faultCases({ ...faults, protocol: 'tcp' }).map(({ name }) => name)).toEqual([
      'accepts connections and never answers',
      'resets every connection',
      'closes every connection without an answer',
      'refuses connections',
      'has a name that does not resolve',
    ])
  })

  it('ask for the answer to expired credentials, which differs from store to store', () => {
    const expiredCredentials = { status: 401, body: 'expired' }
    expect(faultCases({ ...faults, expiredCredentials })).toHaveLength(faultCases(faults).length + 1)
  })
})

describe.concurrent('runFaultCase', () => {
  it('tells how each call ended, how long it took, and that no connection is left', async () => {
    const { outcomes, openConnections, problems } = await run('stalls in the body')
    expect(outcomes).toEqual([
      { call: 'get', code: 'timeout', retryable: true, elapsedMs: expect.any(Number), problem: undefined },
      { call: 'list', code: 'timeout', retryable: true, elapsedMs: expect.any(Number), problem: undefined },
    ])
    for (const { elapsedMs } of outcomes) expect(elapsedMs).toBeGreaterThan(290)
    expect(openConnections).toBe(0)
    expect(problems).toEqual([])
  })

  it('tells what is not as the contract asks', async () => {
    const open = () => ({
      ...memoryStorage(),
      put: async () => {
        throw new Error('of no class')
      },
      delete: async () => {
        throw new StorageError({ code: 'throttled', message: 'slower', retryable: false })
      },
    })
    const { outcomes, problems } = await run('answers 429', { ...faults, open })
    expect(outcomes.map(({ call, code }) => `${call}: ${code}`)).toEqual([
      'get: ok',
      'put: none',
      'put ifAbsent: none',
      'list: ok',
      'delete: throttled',
    ])
    expect(problems).toEqual([
      'get took the answer for one of the store',
      'put rejected with Error: of no class instead of a StorageError',
      'put ifAbsent rejected with Error: of no class instead of a StorageError',
      'list took the answer for one of the store',
      'delete rejected with throttled as not retryable, which it is here',
      'no call has reached the server',
    ])
  })

  it('disposes of the adapter, and looks for the connections of a client of its own after that', async () => {
    const openWith = (dispose: (close: () => void) => void): StorageFaults => ({
      protocol: 'tcp',
      open({ host, port }) {
        const socket = connect({ host, port }).on('error', () => undefined)
        const adapter = faultyStorage(memoryStorage(), { onCall: () => 'fail-before' })
        return { adapter, dispose: () => dispose(() => socket.destroy()) }
      },
    })
    const good = await run(
      'accepts connections and never answers',
      openWith((close) => close()),
    )
    expect(good).toMatchObject({ openConnections: 0, problems: [] })
    const leaking = await run(
      'accepts connections and never answers',
      openWith(() => undefined),
    )
    expect(leaking).toMatchObject({ openConnections: 1, problems: ['1 connections stayed open'] })
  })
})
