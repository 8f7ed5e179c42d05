import assert from 'node:assert/strict'
import {
  memorySource,
  snapshotStore,
  type Clock,
  type ConfigSource,
  type Entry,
  type EntryRef,
  type Logger,
  type MemorySource,
  type SnapshotStore,
} from '@outlast/snapshot'
import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { faultyStorage, type Fault } from '@outlast/storage-testkit'
import { HandClock, until } from '@outlast/virtual-time'
import {
  createDataPlane,
  type ConfigChange,
  type ConfigSink,
  type DataPlane,
  type DataPlaneMode,
  type DataPlaneOptions,
  type DataPlaneStatus,
} from '../../src/importer/index.ts'

/** A sink that keeps what is in effect, and can be told to refuse. */
export class RecordingSink implements ConfigSink {
  readonly changes: ConfigChange[] = []
  readonly inEffect = new Map<string, Entry>()
  failure: Error | undefined
  readonly invalid = new Map<string, string>()

  validate(entry: Entry): string | undefined {
    return this.invalid.get(JSON.stringify(entry.value))
  }

  async apply(change: ConfigChange): Promise<void> {
    // Not at once, but without an event of its own.
    await Promise.resolve()
    if (this.failure !== undefined) throw this.failure
    this.changes.push(change)
    for (const ref of change.removed) this.inEffect.delete(nameOf(ref))
    for (const entry of change.upserted) this.inEffect.set(nameOf(entry), entry)
  }

  /** `routes/a=1`, sorted. */
  get content(): string[] {
    return [...this.inEffect].map(([name, { value }]) => `${name}=${JSON.stringify(value)}`).sort()
  }
}

function nameOf({ kind, id }: EntryRef): string {
  return `${kind}/${id}`
}

export function route(id: string, value: number | string = 1): Entry {
  return { kind: 'routes', id, value }
}

export interface Published {
  readonly routes: readonly Entry[]
  readonly instance?: readonly Entry[]
  readonly epoch?: number
  readonly revision: number
  readonly identity?: string
}

/** Publishes as an exporter does: instance first, resources with what they need. */
export async function publish(store: SnapshotStore, snapshot: Published): Promise<void> {
  const source = { identity: snapshot.identity ?? 'cp' }
  const position = { epoch: snapshot.epoch ?? 1_000, revision: snapshot.revision }
  const instance = await store.instance.begin()
  const needed = await instance.publish({ entries: snapshot.instance ?? [], position, source })
  if (needed.status !== 'published' && needed.status !== 'unchanged') throw new Error(`instance: ${needed.status}`)
  const needs = { instance: needed.manifest.position }
  const resources = await store.resources.begin()
  const result = await resources.publish({ entries: snapshot.routes, position, source, needs })
  if (result.status !== 'published' && result.status !== 'unchanged') throw new Error(`resources: ${result.status}`)
}

export function remoteStore(storage: StorageAdapter, clock: Clock): SnapshotStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock })
}

/** Nothing listens: connections are refused at once. */
export const refusing: ConfigSource = {
  name: 'refusing',
  load: async () => {
    throw new Error('connect ECONNREFUSED')
  },
}

/** Packets vanish: no answer ever, and the signal is ignored too. */
export const blackHole: ConfigSource = { name: 'black hole', load: async () => new Promise(() => {}) }

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: object
}

/** A node with all that it talks to. */
export class World {
  readonly clock = new HandClock()
  readonly sink = new RecordingSink()
  readonly log: LogLine[] = []
  readonly live: MemorySource = memorySource({
    identity: 'cp',
    name: 'control plane',
    revision: 100,
    resources: [route('a')],
  })
  readonly bucket: StorageAdapter = memoryStorage()
  bucketFault: Fault | undefined
  /** What an exporter writes to. */
  readonly published: SnapshotStore = remoteStore(this.bucket, this.clock)
  readonly disk: StorageAdapter = memoryStorage()
  diskFault: Fault | undefined
  node: DataPlane | undefined
  started: Promise<void> | undefined

  /** Starts a node; the one before must have been stopped. Its disk and the bucket are the same as before. */
  start(options: Partial<DataPlaneOptions> = {}): DataPlane {
    const node = createDataPlane({
      live: this.live,
      stores: [this.store()],
      local: faultyStorage(this.disk, { onCall: () => this.diskFault }),
      sink: this.sink,
      clock: this.clock,
      random: () => 0.5,
      // Only what is about it waits for a turn.
      returnJitterMs: 0,
      logger: this.#logger(),
      ...options,
    })
    this.node = node
    this.started = node.start()
    this.started.catch(() => {})
    return node
  }

  #logger(): Logger {
    const at =
      (level: keyof Logger) =>
      (fields: object, message: string): void => {
        this.log.push({ level, message, fields })
      }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** What the node that was started last says of itself. */
  status(): DataPlaneStatus {
    if (this.node === undefined) throw new Error('no node')
    return this.node.status()
  }

  /** Stops the node, which must leave nothing behind that waits. */
  async end(): Promise<void> {
    await this.node?.stop()
    assert.equal(this.clock.sleeping, 0)
  }

  /** The bucket as a data plane sees it. */
  store(): SnapshotStore {
    return remoteStore(faultyStorage(this.bucket, { onCall: () => this.bucketFault }), this.clock)
  }

  /** Starts a node and waits until it is ready. */
  async startReady(options: Partial<DataPlaneOptions> = {}): Promise<DataPlane> {
    const node = this.start(options)
    await this.started
    return node
  }

  async inMode(mode: DataPlaneMode): Promise<void> {
    await until(
      () => this.node?.status().mode === mode,
      () => `mode ${mode}, is ${this.node?.status().mode ?? 'nothing'}`,
    )
  }

  async serves(content: readonly string[]): Promise<void> {
    await until(
      () => this.sink.content.join() === content.join(),
      () => `${content.join()} in effect, is ${this.sink.content.join()}`,
    )
  }
}
