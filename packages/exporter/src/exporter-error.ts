/**
 * - `contended`: other exporters kept winning the commit; the next cycle tries again
 * - `too-late`: the source did not answer in time
 * - `already-started`: an exporter starts once
 */
export type ExporterErrorCode = 'contended' | 'too-late' | 'already-started'

const brand = Symbol.for('@outlast/exporter/ExporterError')

/** What goes wrong in the exporter itself; failures of source and store stay `SourceError`, `SnapshotError` and `StorageError`. */
export class ExporterError extends Error {
  override readonly name = 'ExporterError'
  readonly code: ExporterErrorCode

  constructor(code: ExporterErrorCode, message: string) {
    super(message)
    Object.defineProperty(this, brand, { value: true })
    this.code = code
  }

  static isInstance(error: unknown): error is ExporterError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
