/** One line of the table. */
export interface Figure {
  readonly title: string
  readonly ours: number
  readonly peer?: number | undefined
}
