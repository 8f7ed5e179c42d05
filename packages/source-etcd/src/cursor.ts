/** How far a watch has delivered. Belongs to one watch, which moves it on. */
export interface Cursor {
  readonly clusterId: string
  /** Everything up to this revision has been delivered. */
  revision: number
  /** Keys below the prefix at that revision. */
  keyCount: number
}
