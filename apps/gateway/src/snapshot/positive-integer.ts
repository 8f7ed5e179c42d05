import { UserError } from '../user-error.ts'

/** The value of a command line option that counts something. */
export function positiveInteger(text: string, option: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value
  throw new UserError(`${option}: "${text}" is no number from 1 on`)
}
