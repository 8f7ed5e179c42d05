import type { UserError } from '../user-error.ts'

/** Replaces `${{NAME}}` and `${{NAME:=default}}` in every string, as APISIX does in its config.yaml. */
export function substituteEnvironment(
  value: unknown,
  environment: NodeJS.ProcessEnv,
  fault: (field: readonly PropertyKey[], message: string) => UserError,
  field: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{\{\s*([A-Za-z_]\w*)\s*(?::=([^}]*))?\}\}/g, (_match, name: string, fallback?: string) => {
      const found = environment[name] ?? fallback
      if (found === undefined) throw fault(field, `environment variable ${name} is not set`)
      return found.trim()
    })
  }
  if (Array.isArray(value))
    return value.map((item, index) => substituteEnvironment(item, environment, fault, [...field, index]))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        substituteEnvironment(item, environment, fault, [...field, name]),
      ]),
    )
  }
  return value
}
