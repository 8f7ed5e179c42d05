import type { ConfigChange } from '@outlast/dataplane'
import type { ApisixSink } from '@outlast/dataplane/sinks'
import { silentLogger, type Logger } from '@outlast/snapshot'
import { beforeEach, describe, expect, it } from 'vitest'
import { switchedSink } from '../../src/sidecar/switched-sink.ts'

const change = (revision: number, upserted: readonly string[], removed: readonly string[] = []): ConfigChange => ({
  upserted: upserted.map((id) => ({ kind: 'routes', id, value: revision })),
  removed: removed.map((id) => ({ kind: 'routes', id })),
  version: { position: { epoch: 1, revision }, digest: `digest ${revision}` },
})

/** Notes what it is told; a target that hangs keeps `apply` waiting until it is closed, and then nothing is told any more. */
class NotedSink implements ApisixSink {
  readonly told: ConfigChange[] = []
  isClosed = false
  failure: Error | undefined
  readonly #target: string
  readonly #hangs: boolean
  readonly #end = Promise.withResolvers<void>()

  constructor(target: string, { hangs = false }: { readonly hangs?: boolean } = {}) {
    this.#target = target
    this.#hangs = hangs
  }

  validate(): undefined {}

  async apply(told: ConfigChange): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    if (this.isClosed) return
    this.told.push(told)
    if (this.#hangs) await this.#end.promise
  }

  status(): ReturnType<ApisixSink['status']> {
    const digest = this.#hangs ? undefined : this.told.at(-1)?.version.digest
    return { targets: [{ name: this.#target, current: digest !== undefined, digest, refused: [] }], leftOut: {} }
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.#end.resolve()
  }
}

function recordingLogger(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = []
  const error = (fields: object, message: string) => lines.push(`${message}: ${JSON.stringify(fields)}`)
  return { lines, logger: { ...silentLogger, error } }
}

describe('a sink that is switched to another one', () => {
  let first: NotedSink
  let second: NotedSink
  beforeEach(() => {
    first = new NotedSink('one')
    second = new NotedSink('two')
  })

  it('hands over all that is in effect, and every later change', async () => {
    const sink = switchedSink(first, silentLogger)
    await sink.apply(change(1, ['a', 'b']))
    await sink.apply(change(2, ['c'], ['a']))
    sink.switchTo(second)
    await sink.apply(change(3, ['d']))
    expect(first.told).toHaveLength(2)
    expect(first.isClosed).toBe(true)
    expect(second.told).toEqual([
      {
        upserted: [
          { kind: 'routes', id: 'b', value: 1 },
          { kind: 'routes', id: 'c', value: 2 },
        ],
        removed: [],
        version: change(2, []).version,
      },
      change(3, ['d']),
    ])
    await sink.close()
    expect(second.isClosed).toBe(true)
  })

  it('hands over nothing while nothing is in effect', async () => {
    const sink = switchedSink(first, silentLogger)
    sink.switchTo(second)
    await sink.apply(change(1, ['a']))
    expect(second.told).toEqual([change(1, ['a'])])
  })

  it('waits for no target that does not answer, and loses nothing that it was being given', async () => {
    const sink = switchedSink(new NotedSink('one', { hangs: true }), silentLogger)
    const applied = sink.apply(change(1, ['a']))
    sink.switchTo(second)
    await applied
    await sink.apply(change(2, ['b']))
    expect(second.told).toMatchObject([{ upserted: [{ id: 'a' }] }, { upserted: [{ id: 'b' }] }])
  })

  it('does not hand over what the one before could not take', async () => {
    const sink = switchedSink(first, silentLogger)
    await sink.apply(change(1, ['a']))
    first.failure = new Error('not this')
    await expect(sink.apply(change(2, ['b']))).rejects.toThrow('not this')
    sink.switchTo(second)
    await sink.apply(change(3, ['c']))
    expect(second.told).toMatchObject([{ upserted: [{ id: 'a' }] }, { upserted: [{ id: 'c' }] }])
  })

  it('remembers what a target was seen to have, so that a new key for it makes nobody unready', async () => {
    const sink = switchedSink(first, silentLogger)
    await sink.apply(change(1, ['a']))
    sink.switchTo(new NotedSink('one', { hangs: true }))
    await expect.poll(() => sink.status().targets).toMatchObject([{ name: 'one', current: false, digest: 'digest 1' }])
    sink.switchTo(new NotedSink('three', { hangs: true }))
    await expect.poll(() => sink.status().targets).toMatchObject([{ name: 'three', digest: undefined }])
    await sink.close()
  })

  it('says so when the new target cannot take what is in effect, and goes on', async () => {
    const { lines, logger } = recordingLogger()
    const sink = switchedSink(first, logger)
    await sink.apply(change(1, ['a']))
    second.failure = new Error('not this')
    sink.switchTo(second)
    await expect.poll(() => lines).toEqual([expect.stringContaining('not this')])
    await sink.close()
  })

  it('begins with the new one when the old one has ended its work, as both may be at work on one file', async () => {
    const work = Promise.withResolvers<void>()
    first.close = async () => work.promise
    const sink = switchedSink(first, silentLogger)
    await sink.apply(change(1, ['a']))
    sink.switchTo(second)
    await new Promise((resolve) => setImmediate(resolve))
    expect(second.told).toEqual([])
    work.resolve()
    await expect.poll(() => second.told).toHaveLength(1)
  })

  it('is switched again before the first switch is done', async () => {
    const third = new NotedSink('three')
    const sink = switchedSink(first, silentLogger)
    await sink.apply(change(1, ['a']))
    sink.switchTo(second)
    sink.switchTo(third)
    await sink.apply(change(2, ['b']))
    expect(second.isClosed).toBe(true)
    expect(third.told).toMatchObject([{ upserted: [{ id: 'a' }] }, { upserted: [{ id: 'b' }] }])
  })
})
