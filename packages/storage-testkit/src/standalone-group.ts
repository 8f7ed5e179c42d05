/** Like a `CheckGroup`, but its checks open what they need themselves. */
export interface StandaloneGroup {
  readonly name: string
  declare(check: (name: string, body: () => Promise<void>) => void): void
}
