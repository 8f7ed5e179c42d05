import type { ConfigSink } from '../importer/config-sink.ts'

/**
 * A sink that drives a stock Apache APISIX in standalone mode.
 *
 * `apply` never rejects because of a target that fails: the configuration is kept, the target is tried again until it has
 * the newest one, and `status` and the log say so. It resolves when the first target has the configuration, or when all
 * of them have been tried.
 *
 * Secrets reach APISIX in clear, also those that APISIX itself has encrypted in its etcd: in standalone mode it does not
 * decrypt the fields of plugins.
 */
export interface ApisixSink extends ConfigSink {
  status(): ApisixSinkStatus
  /** Waits a moment for what is on its way, and ends all further attempts. APISIX keeps what it has. */
  close(): Promise<void>
}

/** Holds no configuration content, and no secrets. Times are milliseconds since the Unix epoch. */
export interface ApisixSinkStatus {
  /** A file, or the endpoints in their order. */
  readonly targets: readonly ApisixTargetStatus[]
  /** How many entries of which kinds are not delivered, because APISIX has no place for them in standalone mode. */
  readonly leftOut: { readonly [kind: string]: number }
}

export interface ApisixTargetStatus {
  /** The path, or the address of the endpoint. */
  readonly name: string
  /** It had the newest configuration when it was last looked at. */
  readonly current: boolean
  /** Digest of the configuration (`ConfigVersion.digest`) that it was last seen to have; absent when none yet. */
  readonly digest?: string | undefined
  readonly lastAttemptAt?: number | undefined
  readonly lastSuccessAt?: number | undefined
  /** Absent while the last attempt was a success. */
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
  /** What APISIX does not take; the last version that it took stays where there is one. */
  readonly refused: readonly RefusedEntry[]
}

export interface RefusedEntry {
  readonly kind: string
  readonly id: string
  readonly reason: string
}
