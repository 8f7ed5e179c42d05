import { ScheduleError } from './schedule-error.ts'

/** What one field of a cron expression may hold. */
export interface CronField {
  readonly title: string
  readonly least: number
  readonly most: number
  /** Names of the values from `least` on. */
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Seconds first, as robfig/cron has them. */
export const cronFields: readonly CronField[] = [
  { title: 'second', least: 0, most: 59 },
  { title: 'minute', least: 0, most: 59 },
  { title: 'hour', least: 0, most: 23 },
  { title: 'day of month', least: 1, most: 31 },
  { title: 'month', least: 1, most: 12, names: months },
  { title: 'day of week', least: 0, most: 6, names: weekdays },
]

/**
 * Reads one field in robfig/cron's grammar (lists of `*`, `?`, `N`, `N-M`, each with an optional `/step`) and gives it back as `*`
 * or as a list of numbers. `*` with a step is a list: as in robfig/cron, it then restricts its day field.
 */
export function normalizeCronField(text: string, field: CronField): string {
  const values = new Set<number>()
  let everything = false
  for (const item of text.split(',')) {
    const { first, last, step, star } = parseItem(item, field)
    if (star && step === 1) everything = true
    for (let value = first; value <= last; value += step) values.add(value)
  }
  return everything ? '*' : [...values].toSorted((a, b) => a - b).join(',')
}

function parseItem(
  item: string,
  field: CronField,
): { readonly first: number; readonly last: number; readonly step: number; readonly star: boolean } {
  const wrong = (problem: string): ScheduleError => new ScheduleError(`the field ${field.title} ${problem}: "${item}"`)
  const [range = '', stepText, ...moreSteps] = item.split('/')
  const [from = '', to, ...moreBounds] = range.split('-')
  if (moreSteps.length > 0 || moreBounds.length > 0) throw wrong('has too many slashes or hyphens')

  const step = stepText === undefined ? 1 : wholeNumber(stepText)
  if (step === undefined || step < 1) throw wrong('needs a step of at least 1')
  if (range === '*' || range === '?') return { first: field.least, last: field.most, step, star: true }

  const first = valueOf(from, field)
  const last = to === undefined ? (stepText === undefined ? first : field.most) : valueOf(to, field)
  if (first === undefined || last === undefined) throw wrong('is not understood')
  if (first < field.least || last > field.most)
    throw wrong(`must be between ${String(field.least)} and ${String(field.most)}`)
  if (first > last) throw wrong('has a range that ends before it begins')
  return { first, last, step, star: false }
}

function valueOf(text: string, field: CronField): number | undefined {
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1
  return index === -1 ? wholeNumber(text) : index + field.least
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
