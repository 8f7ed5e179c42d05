import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

import { temporaryFolder } from './temporary-folder.ts'

// The system breaks a write off in its middle, as on a full disk, and on every machine: no mount is needed.
it('a write that is broken off by a limit is no-space, and leaves the old object and no rest', async () => {
  await using folder = await temporaryFolder()
  const script = join(import.meta.dirname, 'size-limit-process.ts')
  const shell = 'ulimit -f 64 && exec "$0" --conditions=@outlast/source "$1" "$2"'
  const { stdout } = await promisify(execFile)('sh', ['-c', shell, process.execPath, script, folder.path])
  expect(JSON.parse(stdout)).toEqual({
    failure: { code: 'no-space', retryable: false, key: 'a' },
    created: 'no-space',
    old: 'old',
    keys: ['a'],
    incomplete: [],
    small: 'string',
  })
})
