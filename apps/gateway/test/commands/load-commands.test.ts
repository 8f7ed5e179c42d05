import { describe, expect, it } from 'vitest'
import { loadCommands } from '../../src/commands/load-commands.ts'

const names = ['cp', 'dp', 'export', 'exporter', 'reload', 'sidecar', 'snapshot', 'demo']

describe('commands', () => {
  it.each(names)('are loaded alone when they are asked for: %s', async (name) => {
    expect((await loadCommands(name)).map((command) => command.name())).toEqual([name])
  })

  it.each([undefined, '--help', 'help', 'nonsense', 'constructor'])('are all loaded for %s', async (name) => {
    expect((await loadCommands(name)).map((command) => command.name())).toEqual(names)
  })
})
