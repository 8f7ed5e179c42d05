import { describe, expect, it } from 'vitest'
import { nodePicker } from '../../src/proxy/node-picker.ts'

const node = (name: string, weight: number, priority = 0) => ({ name, weight, priority })

describe('weighted round robin', () => {
  it('spreads heavy nodes evenly between light ones', () => {
    const picker = nodePicker([node('a', 5), node('b', 1), node('c', 1)])
    const picks = Array.from({ length: 14 }, () => picker.pick(new Set())?.name).join('')
    expect(picks).toBe('aabacaaaabacaa')
  })

  it('never picks a node of weight 0', () => {
    const picker = nodePicker([node('a', 0), node('b', 1)])
    expect(picker.size).toBe(1)
    expect(Array.from({ length: 5 }, () => picker.pick(new Set())?.name).join('')).toBe('bbbbb')
  })

  it('takes lower priorities only when all higher ones were tried, and ends when none is left', () => {
    const [high, higher, low] = [node('high', 1, 2), node('higher', 1, 2), node('low', 9, 1)]
    const picker = nodePicker([low, high, higher])
    const tried = new Set<typeof low>()
    const picks: string[] = []
    for (let next = picker.pick(tried); next !== undefined; next = picker.pick(tried)) {
      picks.push(next.name)
      tried.add(next)
    }
    expect(picks).toEqual(['high', 'higher', 'low'])
  })
})
