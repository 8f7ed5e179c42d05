import { expect } from 'vitest'
import type { Cell } from './cells.ts'
import { expectedStart, type Configuration, type ExpectedStart } from './expected-start.ts'
import { untilNode, type MatrixNode } from './matrix-node.ts'
import type { StagedCell } from './staged-cell.ts'

/** Where the log says that a configuration came from. */
function originOf(configuration: Configuration): RegExp {
  if (configuration === 'local copy') return /^file:/
  return configuration === 'backup' || configuration === 'earlier backup' ? /^s3:/ : /^etcd:/
}

/** The node serves what it should, at first and in the end. */
export async function expectServing(
  node: MatrixNode,
  { first, last, isHeld }: ExpectedStart,
  { local }: Cell,
): Promise<void> {
  const answer = last === 'empty' ? '404' : last
  const atOnce = first === last ? await node.get('/which') : answer
  expect(atOnce).toBe(answer)
  await untilNode(node, `it serves: ${last}`, async () => (await node.get('/which')) === answer)
  // What it began with may be over when somebody asks.
  await untilNode(node, 'its log says what it began with', () => node.begunIn() !== undefined)
  expect(node.begunIn()?.source).toMatch(originOf(first ?? 'empty'))
  await untilNode(node, `held: ${isHeld}`, async () => ((await node.detail()).held !== undefined) === isHeld)
  if (local === 'read-only' && last !== 'local copy')
    await untilNode(
      node,
      'it cannot keep this',
      async () => (await node.detail()).sources.local?.lastError !== undefined,
    )
  expect(await node.get('/which')).toBe(answer)
}

/** Nothing good is anywhere: the node lives, refuses requests, and tells of every source what is wrong with it. */
export async function expectWaiting(node: MatrixNode, { controlPlane, store, local }: Cell): Promise<void> {
  const hasToldAll = async (): Promise<boolean> => {
    const { held, sources } = await node.detail()
    return (
      (controlPlane === 'empty' ? held : sources.live?.lastError) !== undefined &&
      (store === 'empty' ? sources.stores[0]?.lastSuccessAt : sources.stores[0]?.lastError) !== undefined &&
      (local === 'absent' ? sources.local?.lastSuccessAt : sources.local?.lastError) !== undefined
    )
  }
  await untilNode(node, 'it says what is wrong with each source', hasToldAll)
  expect(await node.detail()).toMatchObject({ ready: false, mode: 'starting' })
  expect(await node.isReady()).toBe(false)
  await expect(node.get('/which')).rejects.toThrow('fetch failed')
  expect(node.process.output()).toContain('source failed')
  expect(node.process.isAlive()).toBe(true)
}

/** What was away comes back, and the node finds it. */
export async function expectHealed(node: MatrixNode, cell: Cell, staged: StagedCell): Promise<void> {
  const isAway = (state: string): boolean => state === 'down' || state === 'black hole'
  const isWaiting = expectedStart(cell).first === undefined
  if (isAway(cell.controlPlane)) await staged.controlPlane.set('pass')
  else if (isWaiting && isAway(cell.store)) await staged.store.set('pass')
  else return
  const found = isAway(cell.controlPlane) ? 'live' : 'backup'
  await untilNode(node, `it serves: ${found}`, async () => (await node.get('/which')) === found)
}
