import '@outlast/virtual-time/at-once'
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memorySource } from '@outlast/snapshot'
import { apisixCipher } from '@outlast/snapshot/apisix'
import { HandClock, until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createDataPlane } from '../../src/importer/index.ts'
import { apisixFileSink, type ApisixFileSinkOptions, type ApisixSink } from '../../src/sinks/index.ts'
import { change, consumer, keyring, route } from './change.ts'
import { recordingLogger } from './recording-logger.ts'

describe('apisixFileSink', () => {
  let folder: string
  let path: string
  let clock: HandClock
  let logger: ReturnType<typeof recordingLogger>
  const sinks: ApisixSink[] = []

  const open = (options: Partial<ApisixFileSinkOptions> = {}) => {
    const sink = apisixFileSink({ path, clock, logger, random: () => 1, ...options })
    sinks.push(sink)
    return sink
  }
  const text = () => readFile(path, 'utf8')
  const content = async (): Promise<unknown> => parse(await text(), { version: '1.1' })
  /** Tells one writing from another. */
  const writing = async () => (await stat(path)).ino

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-sink-'))
    path = join(folder, 'apisix.yaml')
    clock = new HandClock()
    logger = recordingLogger()
  })

  afterEach(async () => {
    await Promise.all(sinks.splice(0).map((sink) => sink.close()))
    assert.equal(clock.sleeping, 0)
    await rm(folder, { recursive: true, force: true })
  })

  it('has the whole configuration in the file when apply resolves, for the owner alone, with #END and nothing beside it', async () => {
    const sink = open()
    await sink.apply(change([route('b'), consumer('jack', 'secret'), route('a')]))
    expect(await content()).toEqual({
      routes: [
        { ...Object(route('a').value), id: 'a' },
        { ...Object(route('b').value), id: 'b' },
      ],
      consumers: [consumer('jack', 'secret').value],
    })
    expect(await text()).toMatch(/\n#END\n$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['apisix.yaml'])
    expect(sink.status().targets).toMatchObject([
      { name: path, current: true, digest: expect.any(String), refused: [] },
    ])
  })

  it('writes an empty configuration as a list without items, because APISIX does not load a file that holds nothing', async () => {
    const sink = open()
    await sink.apply(change([]))
    expect(await text()).toBe('routes: []\n#END\n')
  })

  it('writes at most once a second, and the last state wins', async () => {
    const sink = open()
    await sink.apply(change([route('a')]))
    const first = await writing()
    const applied = [sink.apply(change([route('b')]))]
    await clock.turn(999)
    applied.push(sink.apply(change([route('c')], [route('b')])))
    await clock.turn(0)
    expect(await writing()).toBe(first)
    await clock.turn(1)
    await Promise.all(applied)
    expect(await content()).toMatchObject({ routes: [{ id: 'a' }, { id: 'c' }] })
    const second = await writing()
    expect(second).not.toBe(first)
    await clock.turn(60_000)
    expect(await writing()).toBe(second)
  })

  it('gives every writing a second of its own, because APISIX looks at nothing else', async () => {
    const sink = open({ minimumIntervalMs: 0 })
    const seconds = new Set<number>()
    for (let index = 0; index < 5; index++) {
      await sink.apply(change([route('a', { priority: index })]))
      seconds.add(Math.floor((await stat(path)).mtimeMs / 1000))
    }
    expect(seconds.size).toBe(5)
  })

  it('writes nothing when the file holds the configuration already, in whatever order it came: also after a restart', async () => {
    await open().apply(change([route('a', { name: 'n', desc: 'd' }), route('b')]))
    const before = await stat(path)
    const again = open()
    await again.apply(
      change([route('b'), { ...route('a'), value: { desc: 'd', name: 'n', ...Object(route('a').value) } }]),
    )
    await again.apply(change([route('b')]))
    await clock.turn(60_000)
    expect(await stat(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
    expect(again.status().targets).toMatchObject([{ current: true }])
  })

  it('closes a file to others that holds the configuration already', async () => {
    await open().apply(change([route('a')]))
    const present = await text()
    await rm(path)
    await writeFile(path, present, { mode: 0o644 })
    await open().apply(change([route('a')]))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('never shows a file that is half written or empty', async () => {
    const sink = open({ minimumIntervalMs: 0 })
    await sink.apply(change(Array.from({ length: 1_200 }, (_, index) => route(`r${index}`))))
    const written = new AbortController()
    let looks = 0
    const reader = async () => {
      while (!written.signal.aborted) {
        const seen = await text()
        expect(seen.endsWith('\n#END\n')).toBe(true)
        expect(seen.match(/^ {2}- /gm)).toHaveLength(1_200)
        looks += 1
      }
    }
    const looking = reader()
    for (let priority = 0; priority < 30; priority++) await sink.apply(change([route('r7', { priority })]))
    written.abort()
    await looking
    expect(looks).toBeGreaterThan(10)
  })

  it('reports a disk that fails, once, keeps apply from rejecting, and writes the newest state when it works again', async () => {
    await mkdir(join(folder, 'later'))
    path = join(folder, 'later', 'apisix.yaml')
    const sink = open()
    await sink.apply(change([route('a')]))
    await rm(join(folder, 'later'), { recursive: true })
    const second = sink.apply(change([route('b')]))
    await clock.turn(1_000)
    await second
    await clock.turn(120_000)
    expect(sink.status().targets).toMatchObject([
      { current: false, lastError: { message: `${path}: cannot be written (ENOENT): its folder is not there` } },
    ])
    expect(logger.lines.filter((line) => line.startsWith('error'))).toHaveLength(1)
    await mkdir(join(folder, 'later'))
    await clock.turn(10_000)
    await until(() => sink.status().targets[0]?.current === true, 'the file is current')
    expect(await content()).toMatchObject({ routes: [{ id: 'a' }, { id: 'b' }] })
    expect(sink.status().targets).toMatchObject([{ current: true, lastError: undefined }])
  })

  it('says what is in the way of the file, and leaves it there', async () => {
    await mkdir(path)
    const sink = open()
    await sink.apply(change([route('a')]))
    expect(sink.status().targets[0]?.lastError?.message).toMatch(/cannot be written \(E\w+\)/)
    expect(await readdir(folder)).toEqual(['apisix.yaml'])
  })

  it('removes what a process has left that was killed while it wrote', async () => {
    await writeFile(join(folder, '.apisix.yaml.incomplete-1'), 'key: secret')
    await writeFile(join(folder, '.apisix.yaml.swp'), '')
    await open().apply(change([route('a')]))
    expect((await readdir(folder)).sort()).toEqual(['.apisix.yaml.swp', 'apisix.yaml'])
  })

  it.each([
    ['removed', () => rm(path)],
    ['edited', () => writeFile(path, 'routes: []\n#END\n')],
  ])('brings back a file that somebody has %s', async (_name, interfere) => {
    const sink = open()
    await sink.apply(change([route('a')]))
    const before = await text()
    await interfere()
    await clock.turn(5_000)
    await until(() => logger.lines.some((line) => line.startsWith('warn')), 'the file is brought back')
    expect(await text()).toBe(before)
  })

  it('takes a file that was only touched for what it is', async () => {
    await open().apply(change([route('a')]))
    const before = await writing()
    await utimes(path, 1, 1)
    await clock.turn(6_000)
    expect(await writing()).toBe(before)
  })

  it('writes the newest state before it closes, although the second is not over', async () => {
    const sink = open()
    await sink.apply(change([route('a')]))
    const applied = sink.apply(change([route('b')]))
    await sink.close()
    await applied
    expect(await content()).toMatchObject({ routes: [{ id: 'a' }, { id: 'b' }] })
    await sink.apply(change([route('c')]))
    expect(await content()).toMatchObject({ routes: [{ id: 'a' }, { id: 'b' }] })
  })

  describe('secrets', () => {
    const key = 'edd1c9f0985e76a2'
    const ssl = {
      kind: 'ssls',
      id: '1',
      value: { cert: 'c'.repeat(128), key: `-----BEGIN PRIVATE KEY-----\n${'k'.repeat(64)}`, sni: 'x.example.com' },
    }
    const inEtcd = [consumer('jack', 'secret one'), consumer('jill', '$secret://vault/1/jill/key'), ssl].map((entry) =>
      apisixCipher([key]).encrypt(entry),
    )
    const clear = {
      consumers: [
        { plugins: { 'key-auth': { key: 'secret one' } } },
        { plugins: { 'key-auth': { key: '$secret://vault/1/jill/key' } } },
      ],
      ssls: [{ key: ssl.value.key }],
    }

    it('that APISIX has encrypted in its etcd are in clear, because it does not decrypt them in standalone mode', async () => {
      expect(JSON.stringify(inEtcd)).not.toContain('secret one')
      await open().apply(change([keyring(key), ...inEtcd]))
      expect(await content()).toMatchObject(clear)
      expect(await text()).not.toContain(key)
    })

    it('are decrypted with keys that are given beside the configuration', async () => {
      await open({ keyring: ['0123456789abcdef', key] }).apply(change(inEtcd))
      expect(await content()).toMatchObject(clear)
    })

    it('are decrypted anew when the keyring changes, also those that do not', async () => {
      const sink = open()
      await sink.apply(change(inEtcd))
      expect(await text()).not.toContain('secret one')
      const applied = sink.apply(change([keyring(key)]))
      await clock.turn(1_000)
      await applied
      expect(await content()).toMatchObject(clear)
    })

    it('are in no log line and no status', async () => {
      await mkdir(path)
      const sink = open({ keyring: [key] })
      await sink.apply(change(inEtcd))
      expect(JSON.stringify([sink.status(), logger.lines])).not.toMatch(/secret one|edd1c9f0/)
    })

    it('refuses a key that can be none, without telling it', () => {
      expect(() => open({ keyring: ['short-secret'] })).toThrow(/^A key of a keyring is 16 or 32 bytes$/)
    })
  })

  it('counts what has no place in the file, and quarantines what APISIX would refuse', async () => {
    const sink = open()
    await sink.apply(change([route('a'), { kind: 'x-new', id: '1', value: {} }, keyring('0123456789abcdef')]))
    expect(sink.status().leftOut).toEqual({ 'x-new': 1 })
    expect(Object.keys(Object(await content()))).toEqual(['routes'])
    expect(sink.validate({ kind: 'routes', id: 'bad', value: { uri: 1 } })).toMatch(/^routes\/bad: \/uri/)
    expect(sink.validate({ kind: 'x-new', id: '1', value: 1 })).toBeUndefined()
  })

  it('lets the importer run on when the disk fails, and catches up by itself', async () => {
    path = join(folder, 'missing', 'apisix.yaml')
    const live = memorySource({ identity: 'cp', revision: 1, resources: [route('a')] })
    const sink = open()
    const dataPlane = createDataPlane({ live, stores: [], sink, clock, random: () => 0.5 })
    try {
      await dataPlane.start()
      live.put('resources', route('b'))
      await clock.turn(5_000)
      expect(dataPlane.status()).toMatchObject({ mode: 'live', applyError: undefined, position: { revision: 2 } })
      expect(sink.status().targets).toMatchObject([{ current: false }])
      await mkdir(join(folder, 'missing'))
      await clock.turn(10_000)
      await until(() => sink.status().targets[0]?.current === true, 'the file is current')
      expect(await content()).toMatchObject({ routes: [{ id: 'a' }, { id: 'b' }] })
    } finally {
      await dataPlane.stop()
    }
  })
})
