import { UserError } from '../user-error.ts'

/** The value of a command line option that may be nothing. */
export function wholeNumber(text: string, option: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new UserError(`${option}: "${text}" is no number from 0 on`)
}
