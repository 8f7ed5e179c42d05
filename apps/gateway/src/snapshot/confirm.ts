import { createInterface } from 'node:readline/promises'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import type { SnapshotSession } from './snapshot-session.ts'

/** Asks at a terminal whether to go on. Throws a `UserError` when the answer is no, or when there is nobody to ask. */
export async function confirm({ signal, progress }: SnapshotSession, question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError('nothing done: there is no terminal to ask at; --yes does it without asking', {
      exitCode: notFine,
    })
  }
  progress.clear()
  const answer = await ask(`${question} [y/N] `, signal)
  if (!/^y(es)?$/i.test(answer.trim())) throw new UserError('nothing done', { exitCode: notFine })
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-C while it waits for an answer comes as an event of its own, and Ctrl-D as no answer at all.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const end = new Promise<string>((resolve) => {
    terminal.once('close', () => resolve(''))
  })
  try {
    return await Promise.race([terminal.question(question, { signal }), end])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    terminal.close()
  }
}
