import '@outlast/virtual-time/at-once'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '@outlast/snapshot'
import { silentLogger } from '@outlast/snapshot'
import { HandClock, until } from '@outlast/virtual-time'
import { describe, expect, it, onTestFinished } from 'vitest'

import { dataPlaneRegistry, type DataPlaneRegistry } from '../../src/control-plane/data-planes/data-plane-registry.ts'
import { keepDataPlanes } from '../../src/control-plane/data-planes/kept-data-planes.ts'
import { heartbeatOf } from './heartbeat-of.ts'
import { scratchPath } from './scratch-store.ts'

interface Kept {
  readonly clock: HandClock
  readonly registry: DataPlaneRegistry
  readonly note: (id: string) => void
  readonly stop: () => Promise<void>
}

function keep(path: string, logger: Logger = silentLogger): Kept {
  const clock = new HandClock()
  const registry = dataPlaneRegistry({ clock })
  const controller = new AbortController()
  const ended = keepDataPlanes({ registry, path, clock, logger, signal: controller.signal })
  onTestFinished(() => controller.abort())
  return {
    clock,
    registry,
    note: (id) => registry.note({ group: 'default', address: '192.0.2.1', heartbeat: heartbeatOf(id) }),
    stop: async () => {
      controller.abort()
      await ended
    },
  }
}

const pathOf = async (): Promise<string> => join(dirname(await scratchPath()), 'data-planes.json')

describe('the list of data planes on disk', () => {
  it('is there again after a restart, for its owner alone', async () => {
    const path = await pathOf()
    const before = keep(path)
    before.note('some-node')
    await before.stop()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const after = keep(path)
    await until(() => after.registry.list().length > 0, 'the list')
    expect(after.registry.records()).toEqual(before.registry.records())
  })

  it('is written once a minute, when something has changed', async () => {
    const path = await pathOf()
    const { clock, note } = keep(path)
    const text = () => readFile(path, 'utf8').catch(() => 'none')
    await until(() => clock.sleeping === 1, 'the first pause')
    note('first-node')
    await clock.turn(59_000)
    expect(await text()).toBe('none')
    await clock.turn(1_000)
    await expect.poll(text).toContain('first-node')
    await until(() => clock.sleeping === 1, 'the second pause')
    await rm(path)
    await clock.turn(60_000)
    await until(() => clock.sleeping === 1, 'the third pause')
    expect(await text()).toBe('none')
    note('second-node')
    await clock.turn(60_000)
    await expect.poll(text).toContain('second-node')
  })

  it('is left behind when it is damaged, with a warning that quotes nothing of it', async () => {
    const path = await pathOf()
    await writeFile(path, '{"dataPlanes": [{"id": "hidden-content"}]}')
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(JSON.stringify(line)) }
    const { registry, note, stop } = keep(path, logger)
    note('some-node')
    await stop()
    expect(registry.records()).toHaveLength(1)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).not.toContain('hidden-content')
    expect(await readFile(path, 'utf8')).toContain('some-node')
  })

  it('may be impossible to write: that is a warning', async () => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) }
    const { note, stop } = keep('/nowhere/data-planes.json', logger)
    note('some-node')
    await stop()
    expect(warnings).toEqual([{ reason: expect.stringContaining('ENOENT') }])
  })
})
