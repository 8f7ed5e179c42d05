import type { Command } from 'commander'

/** Every command, in the order of the help. What a command runs, it loads itself, once it is run. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['cp', async () => (await import('./cp.ts')).cpCommand()],
  ['dp', async () => (await import('./dp.ts')).dpCommand()],
  ['export', async () => (await import('./export.ts')).exportCommand()],
  ['exporter', async () => (await import('./exporter.ts')).exporterCommand()],
  ['reload', async () => (await import('./reload.ts')).reloadCommand()],
  ['sidecar', async () => (await import('./sidecar.ts')).sidecarCommand()],
  ['snapshot', async () => (await import('./snapshot.ts')).snapshotCommand()],
  ['demo', async () => (await import('./demo.ts')).demoCommand()],
])

/**
 * The command with this name alone, because a node that starts waits for everything that is loaded; all of them when the
 * first argument is none of their names: for the help, and to say what there is.
 */
export async function loadCommands(name: string | undefined): Promise<readonly Command[]> {
  const asked = name === undefined ? undefined : commands.get(name)
  return Promise.all((asked === undefined ? [...commands.values()] : [asked]).map(async (load) => load()))
}
