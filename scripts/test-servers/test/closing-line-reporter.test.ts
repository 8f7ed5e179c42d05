import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { scratchFolder, type ScratchFolder } from '../src/scratch-folder.ts'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const reporter = pathOf('../../closing-line-reporter.ts')
const vitest = pathOf('../../../node_modules/vitest/vitest.mjs')

const files = {
  'good.test.js': `it('passes', () => {})`,
  'bad.test.js': `it('fails', () => { throw new Error('no') })`,
  'before.test.js': `describe('suite', () => { beforeAll(() => { throw new Error('no') }); it('never runs', () => {}) })`,
  'after.test.js': `describe('suite', () => { afterAll(() => { throw new Error('no') }); it('passes', () => {}) })`,
  'hook.test.js': `beforeAll(() => { throw new Error('no') }); it('never runs', () => {})`,
  'syntax.test.js': `it('is cut', () => {`,
  'empty.test.js': `export {}`,
  'rejection.test.js': `it('passes', () => { void Promise.reject(new Error('no')) })`,
  'skipped.test.js': `describe.skip('suite', () => { it('is left out', () => {}) }); it('passes', () => {})`,
}

describe('the closing line of a test run', () => {
  let folder: ScratchFolder

  beforeAll(async () => {
    folder = await scratchFolder('closing-line')
    const config = `
      import { ClosingLineReporter } from ${JSON.stringify(reporter)}
      export default { test: { globals: true, reporters: [new ClosingLineReporter()] } }`
    await writeFile(join(folder.path, 'vitest.config.ts'), config)
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content)
  })

  afterAll(async () => {
    await folder.remove()
  })

  const run = (file: string, requireServers = '') => {
    const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', folder.path, file], {
      encoding: 'utf8',
      env: { ...process.env, REQUIRE_SERVERS: requireServers, VITEST: undefined },
    })
    return { status, lines: stdout.trim().split('\n') }
  }

  it.each([
    ['good', '1 passed, 0 failed, 0 skipped'],
    ['bad', '0 passed, 1 failed, 0 skipped'],
    ['before', '0 passed, 1 failed, 1 skipped'],
    ['after', '1 passed, 1 failed, 0 skipped'],
    ['hook', '0 passed, 1 failed, 1 skipped'],
    ['syntax', '0 passed, 1 failed, 0 skipped'],
    ['empty', '0 passed, 1 failed, 0 skipped'],
    ['rejection', '1 passed, 1 failed, 0 skipped'],
  ])('of a run that is %s is "%s", and the exit code agrees', (file, line) => {
    const { status, lines } = run(file)
    expect(lines.at(-1)).toBe(line)
    expect(status).toBe(line.includes(' 0 failed') ? 0 : 1)
  })

  it('comes after the name of what was skipped, which REQUIRE_SERVERS=1 forbids', () => {
    const skipped = 'skipped: skipped.test.js: suite > is left out'
    const line = '1 passed, 0 failed, 1 skipped'
    expect(run('skipped')).toMatchObject({ status: 0, lines: expect.arrayContaining([skipped, line]) })
    const required = run('skipped', '1')
    expect(required.status).toBe(1)
    expect(required.lines.slice(-3)).toEqual([skipped, 'REQUIRE_SERVERS=1 forbids skipped tests', line])
  })
})
