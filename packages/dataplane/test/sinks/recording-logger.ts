import type { Logger } from '@outlast/snapshot'

/** A logger that keeps its lines, as `level message {fields}`. */
export function recordingLogger(): Logger & { readonly lines: readonly string[] } {
  const lines: string[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), lines }
}
