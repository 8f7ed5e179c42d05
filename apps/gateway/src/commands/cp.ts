import { Command } from 'commander'
import { runUntilStopped } from './run-until-stopped.ts'

export function cpCommand(): Command {
  return new Command('cp')
    .description('Run a control plane: Admin API, API for data planes, continuous backup.')
    .option('-c, --config <file>', 'configuration file', 'conf.yaml')
    .option('--data <dir>', 'folder for database and generated keys', 'outlast-data/cp')
    .option('--admin-listen <address>', 'Admin API here (default 127.0.0.1:9180)')
    .option('--dp-listen <address>', 'API for data planes, without TLS, here (off unless asked for)')
    .option('--check', 'check the file and try the stores, then exit')
    .action(
      async (flags: { config: string; data: string; adminListen?: string; dpListen?: string; check?: boolean }) => {
        const { runControlPlane } = await import('../control-plane/run-control-plane.ts')
        await runUntilStopped((signal) => runControlPlane({ ...flags, environment: process.env, signal }))
      },
    )
}
