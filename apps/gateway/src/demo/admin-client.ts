import { readCredentialsFile } from '../control-plane/credentials-file.ts'

/** What a person does with curl against the Admin API. */
export interface AdminClient {
  /** Creates or replaces `routes/1`, `services/a`, … Throws when the control plane refuses. */
  put(resource: string, value: object): Promise<void>
  /** Whether the Admin API answers. */
  answers: () => Promise<boolean>
}

/** With the key that the control plane generated into its folder. */
export function adminClient(baseUrl: string, credentialsPath: string): AdminClient {
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const { adminKey } = await readCredentialsFile(credentialsPath)
    return fetch(`${baseUrl}/apisix/admin/${path}`, {
      method,
      headers: { 'x-api-key': adminKey, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(5_000),
    })
  }
  return {
    async put(resource, value) {
      const response = await call('PUT', resource, value)
      if (!response.ok) throw new Error(`PUT ${resource}: ${response.status} ${await response.text()}`)
    },
    answers: async () => (await call('GET', 'routes')).ok,
  }
}
