import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// vitest as a runner is proven by every other suite here.
describe('with node:test as its runner', () => {
  it('the suite passes a good adapter and fails a broken one', async () => {
    expect(await runNodeTest('good')).toMatchObject({ exitCode: 0, failed: 0 })
    const broken = await runNodeTest('broken')
    expect(broken.exitCode).not.toBe(0)
    expect(broken.failed).toBeGreaterThan(0)
  })
})

async function runNodeTest(which: 'good' | 'broken'): Promise<{ exitCode: unknown; failed: number }> {
  const script = fileURLToPath(new URL('node-test-suite.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@outlast/source', '--test-reporter=tap', script], {
    env: { ...process.env, OUTLAST_TEST_ADAPTER: which, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const [exitCode] = await once(child, 'close')
  expect(output).toMatch(/^# pass [1-9]/m)
  return { exitCode, failed: Number(/^# fail (\d+)$/m.exec(output)?.[1]) }
}
