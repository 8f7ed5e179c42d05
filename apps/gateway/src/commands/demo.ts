import { Command } from 'commander'
import { runUntilStopped } from './run-until-stopped.ts'

export function demoCommand(): Command {
  return new Command('demo')
    .description('Show the whole story on this machine: backup, loss of the control plane, recovery, return.')
    .option('--keep', 'keep the temporary folder with configuration, backup and logs')
    .action(async (flags: { keep?: boolean }) => {
      process.exitCode = 1
      const { runDemo } = await import('../demo/run-demo.ts')
      await runUntilStopped(async (signal) => {
        const write = (line: string) => process.stdout.write(`${line}\n`)
        const held = await runDemo({ keep: flags.keep === true, write, signal })
        process.exitCode = held ? 0 : 1
      })
      // Everything is cleaned up; the step that was interrupted may still wait for something that will not come.
      process.exit()
    })
}
