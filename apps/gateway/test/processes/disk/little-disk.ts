import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { execFile, spawnSync } from 'node:child_process'
import { startServerProcess } from '@outlast/test-servers'
import { eventually } from '../../../src/demo/eventually.ts'

/** A real disk of one MiB that only processes started `within` it see, and that goes with the process that keeps it. */
export interface LittleDisk {
  /** Where it is mounted. */
  readonly path: string
  /** Program and arguments that run this command line where the disk is mounted. */
  within(commandLine: readonly string[]): readonly [program: string, ...programArguments: string[]]
  /** The text of a file on it. */
  read(name: string): Promise<string>
  /** What is in a folder on it. */
  names(folder: string): Promise<readonly string[]>
  /** Takes all the room that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  free(): Promise<void>
  makeReadOnly(): Promise<void>
  makeWritable(): Promise<void>
  remove(): Promise<void>
}

const run = promisify(execFile)

/** A mount namespace of our own: as an ordinary user, or as root where ordinary users may not. */
const namespaces = [
  { unshare: ['--user', '--map-root-user', '--mount'], nsenter: ['--user', '--preserve-credentials', '--mount'] },
  { unshare: ['--mount'], nsenter: ['--mount'] },
]
const namespace = namespaces.find(
  ({ unshare }) => spawnSync('unshare', [...unshare, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0,
)

/** Whether a test may mount a disk here; not on macOS, and not in every container. */
export const mayMount: boolean = namespace !== undefined

/** Mounts it over this folder, which has to be there. */
export async function mountLittleDisk(path: string): Promise<LittleDisk> {
  if (namespace === undefined) throw new Error('a test may not mount a disk here')
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && echo mounted && exec sleep infinity'
  const keeper = await startServerProcess('unshare', [...namespace.unshare, 'sh', '-c', script, path])
  await eventually('the disk is mounted', async () => keeper.output().includes('mounted'))
  // What it sees under this path, seen from outside.
  const outside = (name: string): string => join(`/proc/${keeper.pid}/root`, path, name)
  const within: LittleDisk['within'] = (commandLine) => [
    'nsenter',
    '--target',
    String(keeper.pid),
    ...namespace.nsenter,
    '--',
    ...commandLine,
  ]
  const remount = async (option: string): Promise<void> => {
    const [program, ...programArguments] = within(['mount', '-o', `remount,${option}`, path])
    // Refused while a file is just being written.
    await eventually(`the disk is ${option}`, async () => run(program, programArguments))
  }
  return {
    path,
    within,
    read: async (name) => readFile(outside(name), 'utf8'),
    names: async (folder) => readdir(outside(folder)),
    async fill() {
      // In small pieces, until not even the smallest fits.
      for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) await fillUp(outside('filler'), bytes)
    },
    free: async () => rm(outside('filler'), { force: true }),
    makeReadOnly: async () => remount('ro'),
    makeWritable: async () => remount('rw'),
    remove: async () => keeper.end(),
  }
}

async function fillUp(path: string, bytes: number): Promise<void> {
  const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOSPC'
  for (;;) {
    try {
      await writeFile(path, new Uint8Array(bytes), { flag: 'a' })
    } catch (error) {
      if (!isFull(error)) throw error
      return
    }
  }
}
