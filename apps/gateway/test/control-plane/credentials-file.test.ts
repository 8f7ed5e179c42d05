import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

import { credentialsFile, readCredentialsFile } from '../../src/control-plane/credentials-file.ts'

it('Generated tokens are kept for groups of any name, and beside those of groups that are gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-credentials-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'credentials.json')
  const groups = ['default', 'constructor', '__proto__']
  const { fresh, ...first } = await credentialsFile(path, groups)
  expect(fresh).toEqual({ adminKey: true, groups })
  expect(first.dataPlaneTokens.map(({ token }) => token)).toEqual(groups.map(() => expect.stringMatching(/^\S{32}$/)))

  const more = await credentialsFile(path, ['edge'])
  expect(more.fresh).toEqual({ adminKey: false, groups: ['edge'] })
  expect(await credentialsFile(path, groups)).toEqual({ ...first, fresh: { adminKey: false, groups: [] } })
  const { adminKey, dataPlaneToken } = await readCredentialsFile(path)
  expect(adminKey).toBe(first.adminKeys[0]?.key)
  expect([dataPlaneToken('edge'), dataPlaneToken('toString')]).toEqual([more.dataPlaneTokens[0]?.token, ''])
  expect(await readdir(folder)).toEqual(['credentials.json'])
})
