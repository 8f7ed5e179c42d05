import { describe, expect, it } from 'vitest'
import { allCells, controlPlanes, locals, nodes, stores, type Cell } from './cells.ts'
import { expectedStart } from './expected-start.ts'
import { pairwiseCells } from './pairwise-cells.ts'

describe('the cells of the outage matrix that are played with real processes', () => {
  const cells = pairwiseCells()
  const places = { controlPlane: controlPlanes, store: stores, local: locals, node: nodes }
  const names = ['controlPlane', 'store', 'local', 'node'] as const

  it('hold every pair of values, of any two places', () => {
    const pairs = names.flatMap((one, index) =>
      names
        .slice(index + 1)
        .flatMap((other) =>
          places[one].flatMap((value) => places[other].map((another) => ({ [one]: value, [other]: another }))),
        ),
    )
    expect(pairs).toHaveLength(7 * 7 + 2 * (7 * 4 + 7 * 3) + 4 * 3)
    const holds = (pair: Partial<Cell>): boolean =>
      cells.some((cell) => names.every((name) => pair[name] === undefined || cell[name] === pair[name]))
    expect(pairs.filter((pair) => !holds(pair))).toEqual([])
  })

  it('hold every outcome of a start, for a restarted node and for a new one', () => {
    for (const node of ['restarted', 'new'] as const) {
      const outcomes = (of: readonly Cell[]): Set<string | undefined> =>
        new Set(of.filter((cell) => cell.node === node).map((cell) => expectedStart(cell).first))
      expect(outcomes(cells)).toEqual(outcomes(allCells))
    }
  })

  it('are about 60 of the 588, each once', () => {
    expect(allCells).toHaveLength(588)
    expect(new Set(cells.map((cell) => Object.values(cell).join())).size).toBe(cells.length)
    expect(cells.length).toBeGreaterThanOrEqual(50)
    expect(cells.length).toBeLessThanOrEqual(65)
  })
})
