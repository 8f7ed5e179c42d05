import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { chmod, stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { apisixYamlEnd, apisixYamlItem, apisixYamlList, apisixYamlNothing } from '@outlast/snapshot/apisix'
import type { ApisixTarget } from './create-apisix-sink.ts'
import { replaceFile } from './replace-file.ts'
import type { StandaloneConfiguration, StandaloneItem } from './standalone-state.ts'
import { systemCode } from './system-code.ts'

/** How many items are written as one piece of text. */
const pieceItems = 500

/** The file as it was last seen. */
interface Seen {
  readonly digest: string
  readonly stats: Stats
}

/** An `apisix.yaml`. */
export class StandaloneFile implements ApisixTarget {
  readonly name: string
  readonly refused: readonly [] = []
  readonly #texts = new WeakMap<StandaloneItem, string>()
  #digest: { readonly of: StandaloneConfiguration; readonly digest: string } | undefined
  #seen: Seen | undefined

  constructor(path: string) {
    this.name = path
  }

  async deliver(configuration: StandaloneConfiguration, signal: AbortSignal): Promise<'changed' | 'unchanged'> {
    try {
      const present = await stat(this.name).catch(ifAbsent)
      const digest = this.#digest?.of === configuration ? this.#digest.digest : undefined
      if (present && digest !== undefined && (await this.#digestOf(present)) === digest) return 'unchanged'
      return await this.#write(configuration, present, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${this.name}: ${reasonOf(error)}`, { cause: error })
    }
  }

  async close(): Promise<void> {}

  async #write(
    configuration: StandaloneConfiguration,
    present: Stats | undefined,
    signal: AbortSignal,
  ): Promise<'changed' | 'unchanged'> {
    const pieces: string[] = []
    const hash = createHash('sha256')
    for await (const piece of this.#pieces(configuration)) {
      pieces.push(piece)
      hash.update(piece)
    }
    const digest = hash.digest('base64')
    this.#digest = { of: configuration, digest }
    if (present && (await this.#digestOf(present)) === digest) {
      // It holds secrets, whoever wrote it.
      if ((present.mode & 0o077) !== 0) await chmod(this.name, 0o600)
      return 'unchanged'
    }
    signal.throwIfAborted()
    const stats = await replaceFile(this.name, pieces, present)
    this.#seen = { digest, stats }
    return 'changed'
  }

  /** Reads only a file that is not the one that was last seen. */
  async #digestOf(present: Stats): Promise<string> {
    if (this.#seen === undefined || !isSame(this.#seen.stats, present))
      this.#seen = { digest: await digestOfFile(this.name), stats: present }
    return this.#seen.digest
  }

  /** The text, with time in between for others. */
  async *#pieces({ lists }: StandaloneConfiguration): AsyncGenerator<string> {
    let isEmpty = true
    for (const [kind, items] of lists) {
      const listed = items.filter(({ values }) => values.length > 0)
      if (listed.length === 0) continue
      isEmpty = false
      yield apisixYamlList(kind)
      for (let start = 0; start < listed.length; start += pieceItems) {
        yield listed
          .slice(start, start + pieceItems)
          .map((item) => this.#textOf(item))
          .join('')
        await setImmediate()
      }
    }
    if (isEmpty) yield apisixYamlNothing
    yield apisixYamlEnd
  }

  #textOf(item: StandaloneItem): string {
    const known = this.#texts.get(item)
    if (known !== undefined) return known
    const text = item.values.map(apisixYamlItem).join('')
    this.#texts.set(item, text)
    return text
  }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  return hash.digest('base64')
}

function isSame(left: Stats, right: Stats): boolean {
  return left.ino === right.ino && left.size === right.size && left.mtimeMs === right.mtimeMs
}

function ifAbsent(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined
  throw error
}

function reasonOf(error: unknown): string {
  const code = systemCode(error)
  if (code === 'EBUSY') return 'cannot be replaced (EBUSY): it is mounted by itself; mount its folder instead'
  if (code === 'ENOENT') return 'cannot be written (ENOENT): its folder is not there'
  return `cannot be written (${code ?? 'unknown reason'})`
}
