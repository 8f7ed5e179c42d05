import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { onCore } from './start-process.ts'

const run = promisify(execFile)

export interface Load {
  readonly requests: number
  readonly perSecond: number
  /** Answers that were none, or not 2xx. */
  readonly failures: number
}

/** 64 clients that ask for random paths of `routes` with six fields each, for `seconds`, on the second core. */
export async function runWrk(port: number, script: string, seconds: number, isKept: boolean): Promise<Load> {
  const fields = ['-H', 'Authorization: Bearer 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef']
  for (const field of ['Accept: application/json', 'Accept-Encoding: gzip', 'Accept-Language: en', 'User-Agent: wrk']) {
    fields.push('-H', field)
  }
  if (!isKept) fields.push('-H', 'Connection: close')
  const [program, programArguments] = onCore(1, 'wrk', [
    '-t1',
    '-c64',
    `-d${seconds}s`,
    '-s',
    script,
    ...fields,
    `http://127.0.0.1:${port}/`,
  ])
  const { stdout } = await run(program, programArguments)
  const number = (expression: RegExp) => Number(expression.exec(stdout)?.[1] ?? 0)
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? []
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    failures: number(/Non-2xx or 3xx responses: (\d+)/) + errors.reduce((sum, each) => sum + Number(each), 0),
  }
}
