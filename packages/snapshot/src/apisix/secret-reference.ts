const prefix = '$secret://'

/** Whether a text stands for a secret that is kept elsewhere: with a secret manager, or in the environment of the node. */
export function isSecretReference(text: string): boolean {
  return text.startsWith(prefix) || text.slice(0, 7).toLowerCase() === '$env://'
}

/** What a `$secret://` reference needs. */
export interface SecretNeed {
  /** The id of an entry of kind `secrets`: `vault/1`. Absent when the reference lacks a part, so that APISIX would take it literally. */
  readonly secretId: string | undefined
}

/** Reads `$secret://vault/1/key`; `undefined` for every other text. */
export function secretNeed(text: string): SecretNeed | undefined {
  if (!text.startsWith(prefix)) return undefined
  const [manager, id, ...key] = text.slice(prefix.length).split('/')
  return { secretId: manager && id && key.join('/') !== '' ? `${manager}/${id}` : undefined }
}
