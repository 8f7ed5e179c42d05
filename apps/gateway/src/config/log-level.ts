import { z } from 'zod'

/** Level of the log, in pino's words. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

const levels = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  error: 'error',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
} as const

/** `nginx_config` of a gateway's file, as far as it means anything here. */
export const nginxBlock = z.object({
  error_log_level: z.enum(['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg']).optional(),
})

/** Default `info`. */
export function logLevelOf(nginx: z.infer<typeof nginxBlock> | undefined): LogLevel {
  return levels[nginx?.error_log_level ?? 'info']
}
