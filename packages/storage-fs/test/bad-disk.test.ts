import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { beforeAll, describe, expect, it } from 'vitest'

import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)
// A mount namespace of our own: nothing outside sees the little disk, and it goes with the process.
// As an ordinary user, or as root where ordinary users may not.
const namespaces = [['--user', '--map-root-user', '--mount'], ['--mount']]
const mayMount = (namespace: readonly string[]): boolean =>
  spawnSync('unshare', [...namespace, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
const namespace = namespaces.find(mayMount)

// Skipped, which REQUIRE_SERVERS=1 forbids, where a test may not mount a disk of its own (macOS, some containers).
describe.skipIf(!namespace)('on a real disk of 256 KiB, where a test may mount one', () => {
  let report: Record<string, unknown>

  beforeAll(async () => {
    await using folder = await temporaryFolder()
    const script = join(import.meta.dirname, 'bad-disk-process.ts')
    const shell = 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$1" --conditions=@outlast/source "$2" "$0"'
    const command = ['sh', '-c', shell, folder.path, process.execPath, script]
    const { stdout } = await run('unshare', [...(namespace ?? []), ...command])
    report = JSON.parse(stdout)
  })

  it('that killed processes have filled makes room by itself: the write after the first failure succeeds', () => {
    expect(report['filled']).toEqual({ first: 'no-space', second: expect.any(String) })
  })

  it('a write that does not fit is no-space, not retryable, and leaves the old object and no rest', () => {
    expect(report['full']).toEqual({ code: 'no-space', retryable: false, key: 'a', old: 'old', incomplete: [] })
  })

  it('a smaller write still works afterwards', () => {
    expect(report['afterwards']).toBe('new')
  })

  it('once it is read-only, writes and deletes are denied, and reads work', () => {
    const denied = { put: 'denied', create: 'denied', delete: 'denied', folder: 'denied', root: 'denied' }
    expect(report['readOnly']).toEqual({ ...denied, get: 'new', keys: ['a'] })
  })
})
