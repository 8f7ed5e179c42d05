/** What a request is authorized with. */
export interface Credentials {
  /** The value for the `Authorization` header; `login` asks the server for one. */
  token(login: Login): Promise<string | undefined>
  /** Whether a refused token can be replaced by a new one, which then is fetched by the next `token`. */
  forget(refused: string | undefined): boolean
}

type Login = (user: { readonly name: string; readonly password: string }) => Promise<string>

export function credentialsOf(options: {
  readonly token?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
}): Credentials {
  const { token, user, password } = options
  if (user === undefined) return { token: () => Promise.resolve(token), forget: () => false }
  if (token !== undefined) throw new TypeError('etcdSource takes a token, or user and password, not both')

  // etcd's tokens are valid on every member, but not after a restart.
  let current: string | undefined
  return {
    token: async (login) => (current ??= await login({ name: user, password: password ?? '' })),
    forget: (refused) => {
      if (current === refused) current = undefined
      return true
    },
  }
}
