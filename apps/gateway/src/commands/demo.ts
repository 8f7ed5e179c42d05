import { Command } from 'commander'
import { runDemo } from '../demo/run-demo.ts'

export function demoCommand(): Command {
  return new Command('demo')
    .description('Show the whole story on this machine: backup, loss of the control plane, recovery, return.')
    .option('--keep', 'keep the temporary folder with configuration, backup and logs')
    .action(async (flags: { keep?: boolean }) => {
      const held = await runDemo({ keep: flags.keep === true, write: (line) => process.stdout.write(`${line}\n`) })
      process.exitCode = held ? 0 : 1
    })
}
