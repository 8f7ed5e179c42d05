import { allCells, type Cell } from './cells.ts'
import { expectedStart } from './expected-start.ts'

/**
 * A few cells in which every two values meet, and what a starting node comes to meets all that it can come of. Always the
 * cell that brings the most new pairs; of equals the one whose values were chosen least. The same ones every time.
 */
export function pairwiseCells(): readonly Cell[] {
  const candidates = allCells.map((cell) => ({ cell, values: valuesOf(cell), pairs: pairsOf(valuesOf(cell)) }))
  const missing = new Set(candidates.flatMap(({ pairs }) => pairs))
  const uses = new Map<string, number>()
  const chosen: Cell[] = []
  while (missing.size > 0) {
    const ranked = candidates.map(({ cell, values, pairs }) => ({
      cell,
      values,
      pairs,
      gain: pairs.filter((pair) => missing.has(pair)).length,
      used: values.reduce((sum, value) => sum + (uses.get(value) ?? 0), 0),
    }))
    const best = ranked.reduce((most, one) =>
      one.gain > most.gain || (one.gain === most.gain && one.used < most.used) ? one : most,
    )
    chosen.push(best.cell)
    for (const pair of best.pairs) missing.delete(pair)
    for (const value of best.values) uses.set(value, (uses.get(value) ?? 0) + 1)
  }
  return chosen
}

function valuesOf(cell: Cell): string[] {
  const places = Object.entries(cell).map(([place, value]) => `${place}: ${value}`)
  return cell.node === 'running' ? places : [...places, `serves ${expectedStart(cell).first ?? 'nothing'}`]
}

function pairsOf(values: readonly string[]): string[] {
  return values.flatMap((value, index) => values.slice(index + 1).map((other) => `${value}, ${other}`))
}
