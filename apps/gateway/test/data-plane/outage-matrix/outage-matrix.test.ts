import { startSteadyLoad, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeCell } from './cells.ts'
import type { ControlPlanes, Lineage } from './control-planes.ts'
import { expectHealed, expectServing, expectWaiting } from './expect-started.ts'
import { expectedStart, type ExpectedStart } from './expected-start.ts'
import { untilServing } from './matrix-node.ts'
import { createMatrixSources, type MatrixSources } from './matrix-sources.ts'
import { pairwiseCells } from './pairwise-cells.ts'
import { stageCell } from './staged-cell.ts'
import { WalkedNode } from './walked-node.ts'

const lineages = ['current', 'older', 'empty', 'other'] as const

const cells = pairwiseCells()
const walk = cells.filter(({ node }) => node === 'running')
const starts = cells
  .filter(({ node }) => node !== 'running')
  .map((cell) => [`${cell.node}, with ${describeCell(cell)}: ${outcome(expectedStart(cell))}`, cell] as const)

describeWithServer('radosgw', 'the outage matrix on real processes', () => {
  describeWithServer('etcd', 'before real servers', () => {
    let sources: MatrixSources
    let etcds: ReadonlyMap<Lineage, Etcd>
    let controlPlanesOfWalk: ControlPlanes

    beforeAll(async () => {
      sources = await createMatrixSources()
      controlPlanesOfWalk = await sources.controlPlanes.copy('walk')
      const start = async (lineage: Lineage) => [lineage, await sources.controlPlanes.start(lineage)] as const
      etcds = new Map(await Promise.all(lineages.map(start)))
    })
    afterAll(async () => {
      await sources?.stop()
    })

    describe.concurrent('a node', () => {
      it(
        'that runs loses no request on its way through all cells, into each and back',
        { timeout: 600_000 },
        async ({ annotate }) => {
          const walked = await WalkedNode.start(sources, controlPlanesOfWalk)
          const isLive = (status: number, body: string): boolean => status === 200 && body === 'live'
          const load = startSteadyLoad({ url: `${walked.node.url}/which`, ratePerSecond: 200, expect: isLive })
          try {
            for (const cell of walk) {
              await walked.visit(cell).catch((cause: unknown) => {
                throw new Error(`with ${describeCell(cell)}`, { cause })
              })
              expect({ cell, failed: load.counts().failed }).toEqual({ cell, failed: 0 })
            }
            const { sent, correct, failures } = await load.stop()
            expect(failures).toEqual([])
            expect(correct).toBe(sent)
            expect(sent).toBeGreaterThan(100 * walk.length)
            await annotate(`${sent} requests`)
          } finally {
            await load.stop()
            await walked.stop()
          }
        },
      )

      it.for(starts)('that starts, %s', { timeout: 240_000 }, async ([, cell], { annotate }) => {
        const expected = expectedStart(cell)
        const staged = await stageCell(cell, sources, etcds)
        try {
          const startedAt = performance.now()
          const node = await staged.start()
          if (expected.first === undefined) {
            await expectWaiting(node, cell)
          } else {
            await untilServing(node)
            const servingMs = Math.round(performance.now() - startedAt)
            await expectServing(node, expected, cell)
            await annotate(`serves after ${servingMs} ms`)
          }
          await expectHealed(node, cell, staged)
          await node.process.end('SIGTERM')
          expect(node.process.exitCode()).toBe(0)
        } finally {
          await staged.clear()
        }
      })
    })
  })
})

function outcome({ first, last }: ExpectedStart): string {
  if (first === undefined) return 'it waits, and says why'
  return first === last ? `it serves: ${first}` : `it serves: ${first}, then ${last}`
}
