import type { AdapterPlace } from '../store-place.ts'
import type { UrlParameters } from './url-parameters.ts'

/** A kind of URL that names a store. */
export interface UrlScheme {
  /** Query parameters that it knows, besides those that all know. */
  readonly parameters: readonly string[]
  /** Whether the path is the part of the bucket that is meant. */
  readonly hasPrefix: boolean
  /** What the URL says, in the words of its adapter. Throws `UserError`. */
  read(found: FoundUrl): AdapterPlace
}

interface FoundUrl {
  readonly url: URL
  /** As it was given. */
  readonly text: string
  readonly bucket: string
  readonly parameters: UrlParameters
  readonly timeoutMs: number | undefined
  readonly environment: NodeJS.ProcessEnv
}
