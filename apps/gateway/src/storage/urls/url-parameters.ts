import { UserError } from '../../user-error.ts'

/** The query of a store's URL, whose parameters are all known, given once, and not empty. */
export interface UrlParameters {
  text(name: string): string | undefined
  /** `true` or `false`. */
  flag(name: string): boolean | undefined
  /** A number of seconds above 0, up to an hour. */
  seconds(name: string): number | undefined
}

/** Throws a `UserError` that names the parameter, and never repeats what it says. */
export function urlParameters({ searchParams }: URL, names: readonly string[]): UrlParameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of searchParams) {
    if (!names.includes(name)) throw new UserError(`has an unknown parameter; known here: ${names.join(', ')}`)
    if (parameters.has(name)) throw new UserError(`gives ${name} twice`)
    if (value === '') throw new UserError(`gives ${name} without a value`)
    parameters.set(name, value)
  }
  return {
    text: (name) => parameters.get(name),
    flag(name) {
      const value = parameters.get(name)
      if (value === undefined) return undefined
      if (value === 'true' || value === 'false') return value === 'true'
      throw new UserError(`gives ${name} a value that is neither true nor false`)
    },
    seconds(name) {
      const value = parameters.get(name)
      if (value === undefined) return undefined
      const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(value) ? Number(value) : 0
      if (seconds > 0 && seconds <= 3_600) return seconds
      throw new UserError(`gives ${name} a value that is no number of seconds from 0.001 to 3600`)
    },
  }
}
