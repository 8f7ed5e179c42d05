import type { ConfigSink } from '@outlast/dataplane'
import type { Logger } from '@outlast/snapshot'
import type { ConfigFile } from '../config/config-file.ts'
import type { NodeConfig } from '../config/data-plane-config.ts'
import type { Metric } from '../metrics/prometheus-text.ts'

/** What a node is for: where configuration takes effect, and what follows from that. */
export interface NodeRole<Config extends NodeConfig> {
  /** Of its log. */
  readonly name: string
  /** The settings of its file, and of the command line above it. Throws `UserError`. */
  readConfig(file: ConfigFile): Config
  /** Reaches out to nothing. Throws `UserError`. */
  openOutlet(config: Config, logger: Logger): NodeOutlet<Config>
  /** Settings of this role alone that a reload cannot change, by their keys in the file. */
  fixedAtStart?(config: Config): Readonly<Record<string, unknown>>
}

/** Where the configuration of a node takes effect. */
export interface NodeOutlet<Config extends NodeConfig> {
  readonly sink: ConfigSink
  /** Called when a configuration is in effect for the first time; resolves with what the log is to say. */
  open(): Promise<string>
  /** Lets what is on its way end. */
  close(): Promise<void>
  /**
   * For another file: checks what it says, and throws `UserError`. What it returns makes the switch, when all else was
   * found to be good too.
   */
  prepare?(config: Config): () => void
  /** Whether the node may be called ready although, or before, the importer says so: why not, or `undefined`. */
  whyNotReady?(importer: { readonly ready: boolean }): string | undefined
  /** What `/status/detail` tells in addition. */
  detail?(): object
  metrics?(): readonly Metric[]
}
