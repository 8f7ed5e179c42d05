/** A schedule that cannot be understood or never comes due. The message names what is wrong in one sentence. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError'
}
