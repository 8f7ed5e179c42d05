import { silentLogger, type Entry } from '@outlast/snapshot'
import { fieldProtection, stepwiseValidation } from '@outlast/snapshot/apisix'
import { describe, expect, it } from 'vitest'
import type { ValidateContent } from '../src/index.ts'
import { exporterRig, keyring, route } from './exporter-rig.ts'

const good: Entry = {
  kind: 'routes',
  id: 'good',
  value: { uri: '/good', upstream: { nodes: { '127.0.0.1:1980': 1 } } },
}
const bad: Entry = {
  kind: 'routes',
  id: 'bad',
  value: { uri: '/bad', priority: 'top-secret', upstream: { nodes: {} } },
}
const lonely: Entry = { kind: 'routes', id: 'lonely', value: { uri: '/lonely', service_id: 'gone' } }

describe('what a gateway would stumble over', () => {
  it('is backed up, and told with names and places, never values', async () => {
    const lines: object[] = []
    const warn = (fields: object, message: string): void => void lines.push({ ...fields, message })
    const rig = exporterRig({ validate: stepwiseValidation(), logger: { ...silentLogger, warn, info: warn } })
    rig.source.replace({ resources: [bad, good, lonely] })
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    expect(await rig.backup()).toHaveLength(3)
    await expect
      .poll(() => rig.exporter.status().content)
      .toStrictEqual({
        at: rig.clock.now(),
        revision: 1,
        invalid: 1,
        dangling: 1,
        issues: expect.arrayContaining([
          { domain: 'resources', kind: 'routes', id: 'bad', path: '/priority', severity: 'invalid' },
          { domain: 'resources', kind: 'routes', id: 'lonely', path: '/service_id', severity: 'dangling' },
        ]),
      })
    const message = 'the backup holds entries that a gateway would refuse'
    expect(lines).toContainEqual(expect.objectContaining({ message, invalid: 1, dangling: 1 }))
    expect(JSON.stringify([lines, rig.exporter.status()])).not.toContain('top-secret')

    rig.source.replace({ resources: [good] })
    await rig.exporter.exportOnce()
    await expect.poll(() => rig.exporter.status().content).toMatchObject({ invalid: 0, dangling: 0, issues: [] })
    expect(lines).toContainEqual({ group: 'default', message: 'every entry of the backup is valid again' })
  })

  it('is looked for in what the source has, not in ciphertext', async () => {
    const rig = exporterRig({ fields: fieldProtection({ group: 'default' }), validate: stepwiseValidation() })
    const plugins = (key: string) => ({ username: 'jack', plugins: { 'key-auth': { key } } })
    const seen: string[] = []
    const validate: ValidateContent = (configuration) => {
      for (const { value } of configuration.resources) seen.push(JSON.stringify(value))
      return []
    }
    rig.source.replace({
      instance: [{ ...keyring(''), value: { keyring: ['sixteen-byte-key'] } }],
      resources: [{ kind: 'consumers', id: 'jack', value: plugins('my-api-key') }],
    })
    const exporter = rig.another({ fields: fieldProtection({ group: 'default' }), validate })
    await exporter.exportOnce()
    await expect.poll(() => seen).toStrictEqual([JSON.stringify(plugins('my-api-key'))])
  })

  it('delays neither the export nor anybody else, however long it takes', async () => {
    let yielded = 0
    const slow: ValidateContent = function* ({ resources }) {
      for (const { id } of resources) {
        expect(id).toBeDefined()
        const end = performance.now() + 1
        while (performance.now() < end);
        yielded += 1
        yield undefined
      }
    }
    const rig = exporterRig({ validate: slow })
    rig.source.replace({ resources: Array.from({ length: 300 }, (_none, id) => route(String(id))) })
    await rig.exporter.exportOnce()
    expect(yielded).toBe(0)
    let mostInATurn = 0
    while (rig.exporter.status().content === undefined) {
      const before = yielded
      await new Promise((resolve) => setImmediate(resolve))
      mostInATurn = Math.max(mostInATurn, yielded - before)
    }
    expect(yielded).toBe(300)
    // Five milliseconds, and one entry that was begun within them; that takes a millisecond at least.
    expect(mostInATurn).toBeLessThanOrEqual(6)
  })

  it('takes a small part of the time when a large configuration changes all the time, and sees the last change', async () => {
    let busyMs = 0
    const costly: ValidateContent = () => {
      const begunAt = performance.now()
      while (performance.now() < begunAt + 20);
      busyMs += 20
      return []
    }
    const rig = exporterRig({ validate: costly })
    const begunAt = performance.now()
    let changes = 0
    // However slow the machine is: for a while, and often.
    while (performance.now() < begunAt + 600 || changes <= 10) {
      rig.source.put('resources', route('a', (changes += 1)))
      await rig.exporter.exportOnce()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    // A tenth, and the look that comes first.
    expect(busyMs).toBeLessThanOrEqual((performance.now() - begunAt) / 10 + 20)
    await expect.poll(() => rig.exporter.status().content?.revision).toBe(changes)
    await rig.exporter.stop()
  })

  it('is looked for once in what is unchanged, and no more after the end', async () => {
    let looks = 0
    const counting: ValidateContent = () => {
      looks += 1
      return []
    }
    const rig = exporterRig({ validate: counting })
    rig.source.put('resources', good)
    await rig.exporter.exportOnce()
    await expect.poll(() => rig.exporter.status().content?.revision).toBe(1)
    await rig.exporter.exportOnce()
    const restarted = rig.another()
    await restarted.exportOnce()
    await expect.poll(() => restarted.status().content?.revision).toBe(1)
    expect(looks).toBe(2)
    const endless: ValidateContent = function* () {
      for (;;) yield undefined
    }
    const other = rig.another({ validate: endless })
    await other.exportOnce()
    await other.stop()
    expect(other.status().content).toBeUndefined()
  })

  it('does not break the exporter when the validation itself does', async () => {
    const warnings: object[] = []
    const rig = exporterRig({
      logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
      validate: () => {
        throw new Error('a mistake of ours')
      },
    })
    rig.source.put('resources', good)
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    await expect.poll(() => warnings).toStrictEqual([{ group: 'default', error: 'a mistake of ours' }])
  })
})
