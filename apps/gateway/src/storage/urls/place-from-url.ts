import { UserError } from '../../user-error.ts'
import { milliseconds } from '../milliseconds.ts'
import type { StorePlace } from '../store-place.ts'
import { azblobScheme } from './azblob-scheme.ts'
import { fileScheme } from './file-scheme.ts'
import { gsScheme } from './gs-scheme.ts'
import { s3Scheme } from './s3-scheme.ts'
import { urlParameters } from './url-parameters.ts'
import type { UrlScheme } from './url-scheme.ts'

const schemes: ReadonlyMap<string, UrlScheme> = new Map([
  ['s3:', s3Scheme],
  ['gs:', gsScheme],
  ['azblob:', azblobScheme],
  ['file:', fileScheme],
])

/** What every URL knows. */
const parametersOfAll = ['timeout', 'single_writer']

const shapes =
  'give s3://bucket/prefix?region=…&endpoint=…&path_style=true, gs://bucket/prefix?endpoint=…, ' +
  'azblob://container/prefix?account=…&endpoint=…, or file:///path'

const credentialsHelp = 'set AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS or AZURE_STORAGE_KEY and the like'

/**
 * Reads the URL of a store, with credentials of the environment's usual variables. Throws a `UserError` that says what is
 * wrong with it and never repeats it: it may hold what does not belong in it.
 */
export function placeFromUrl(text: string, environment: NodeJS.ProcessEnv): StorePlace {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const scheme = url && schemes.get(url.protocol)
  if (!url || !scheme) throw new UserError(`is no store's URL; ${shapes}`)
  if (url.username || url.password) throw new UserError(`must not hold credentials; ${credentialsHelp}`)
  if (url.port || url.hash) {
    throw new UserError('must have neither a port nor a fragment; a server goes into endpoint=…')
  }
  const parameters = urlParameters(url, [...scheme.parameters, ...parametersOfAll])
  const timeoutMs = milliseconds(parameters.seconds('timeout'))
  return {
    ...scheme.read({ url, text, bucket: url.hostname, parameters, timeoutMs, environment }),
    prefix: scheme.hasPrefix ? decoded(url.pathname) : undefined,
    singleWriter: parameters.flag('single_writer'),
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new UserError('cannot be used: a % in its path is not followed by two hexadecimal digits of UTF-8')
  }
}
