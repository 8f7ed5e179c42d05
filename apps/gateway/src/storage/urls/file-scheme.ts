import { fileURLToPath } from 'node:url'
import { UserError } from '../../user-error.ts'
import type { UrlScheme } from './url-scheme.ts'

/** `file:///path` */
export const fileScheme: UrlScheme = {
  parameters: [],
  hasPrefix: false,
  read({ url, text, timeoutMs }) {
    if (!text.toLowerCase().startsWith('file:///')) throw new UserError('must hold a whole path: file:///path')
    // A folder that is not there is a mistake, or a disk that is not mounted, and no empty store.
    return { adapter: 'fs', options: { path: fileURLToPath(url), mustExist: true, timeoutMs } }
  },
}
