import { describe, expect, it } from 'vitest'
import { createProgress } from '../../src/snapshot/progress.ts'

describe('progress', () => {
  function fixture(isTTY: boolean) {
    const written: string[] = []
    const clock = { at: 0 }
    const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) > 0 }
    return { written, clock, progress: createProgress({ stream, now: () => clock.at }) }
  }

  it('shows nothing of work that ends within a second', () => {
    const { written, clock, progress } = fixture(true)
    progress.say('one')
    clock.at = 999
    progress.say('two')
    progress.clear()
    expect(written).toEqual([])
  })

  it('then keeps one line, no longer than the terminal is wide, ten times a second at most', () => {
    const { written, clock, progress } = fixture(true)
    clock.at = 1000
    progress.say('one')
    clock.at = 1099
    progress.say('too soon')
    clock.at = 1100
    progress.say('three and much more text')
    progress.clear()
    progress.clear()
    expect(written).toEqual(['\r\u001B[Kone', '\r\u001B[Kthree and much more', '\r\u001B[K'])
  })

  it('shows what was said early once it takes longer, and only until something else is written', () => {
    const { written, clock, progress } = fixture(true)
    progress.say('waiting')
    progress.refresh()
    clock.at = 1000
    progress.refresh()
    clock.at = 2000
    progress.refresh()
    expect(written).toEqual(['\r\u001B[Kwaiting'])
    progress.say('more')
    progress.clear()
    clock.at = 3000
    progress.refresh()
    expect(written.slice(1)).toEqual(['\r\u001B[Kmore', '\r\u001B[K'])
  })

  it('shows nothing where there is no terminal', () => {
    const { written, clock, progress } = fixture(false)
    clock.at = 5000
    progress.say('one')
    progress.refresh()
    progress.clear()
    expect(written).toEqual([])
  })
})
