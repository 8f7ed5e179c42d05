import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'

describe('to wait until something is so', () => {
  it('takes real time, and includes what goes on from there', async () => {
    const log: string[] = []
    void delay(20).then(async () => {
      log.push('so')
      for (let more = 0; more < 10; more++) await stat('.')
      log.push('done')
    })
    await until(() => log.includes('so'), 'so')
    expect(log).toEqual(['so', 'done'])
  })

  it('ends with what never came true', async () => {
    await expect(until(() => false, 'peace', 20)).rejects.toThrow('never came true: peace')
    let looks = 0
    const isTrue = (): boolean => (looks += 1) < 0
    await expect(until(isTrue, () => (looks > 1 ? 'often looked at' : 'never'), 20)).rejects.toThrow('often looked at')
  })
})
