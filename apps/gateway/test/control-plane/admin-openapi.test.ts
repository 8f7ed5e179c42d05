import { snapshotStore } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { adminClient, type AdminClient } from './admin-client.ts'
import { exampleKeys, examplePath, servedRoutes } from './admin-routes.ts'
import { owners, sampleResources } from './sample-resources.ts'

const media = z.record(z.string(), z.object({ schema: z.json() }))
const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        summary: z.string().min(1),
        security: z.array(z.json()).optional(),
        parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query']) })).optional(),
        requestBody: z.object({ content: media }).optional(),
        responses: z.record(z.string(), z.object({ description: z.string().min(1), content: media.optional() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.json()) }),
})
type Document = z.infer<typeof documentSchema>

async function documentOf({ call }: AdminClient): Promise<Document> {
  const { status, body } = await call('GET', 'openapi.json', undefined, {})
  expect(status).toBe(200)
  return documentSchema.parse(body)
}

function operationsOf(document: Document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  )
}

/** Whether `value` is what the document says; its references are resolved by giving the schema all definitions. */
function fits(document: Document, schema: unknown, value: unknown): string {
  const text = JSON.stringify({ $defs: document.components.schemas, allOf: [schema] })
  const checked = z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))).safeParse(value)
  return checked.success ? '' : z.prettifyError(checked.error)
}

function bodyFor(method: string, path: string): unknown {
  // Every kind has it.
  if (path.endsWith('/{sub_path}')) return 2000
  if (path.endsWith('/keyring')) return { keyring: exampleKeys }
  if (path.endsWith('/discovery/{discovery_type}')) return { servers: ['http://127.0.0.1:8500'] }
  if (method === 'PATCH') return { update_time: 2000 }
  if (path.includes('/gateway_groups')) return { name: 'edge' }
  if (path.endsWith('/configs/validate')) return { routes: [] }
  if (path.endsWith('/schema/validate/{resource}')) return { uri: '/', upstream: { nodes: {} } }
  const filled = examplePath(path).replace('/apisix/admin/', '')
  const sample = sampleResources.find((candidate) => [candidate.path, candidate.collection].includes(filled))
  return method === 'PUT' && sample?.collection === filled && !('username' in sample.value)
    ? { ...sample.value, id: sample.kind === 'secrets' ? 'vault/1' : '1' }
    : sample?.value
}

describe('Admin API: its OpenAPI document', () => {
  it('holds every route that is served, and no other', async () => {
    const document = await documentOf(await adminClient())
    const described = operationsOf(document).map(({ method, path }) => `${method} ${path}`)
    const served = (await servedRoutes()).map(({ method, path }) => `${method} ${path}`)
    expect(described.toSorted()).toEqual(served.toSorted())
    const ids = operationsOf(document).map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names the parameters of every path', async () => {
    const document = await documentOf(await adminClient())
    for (const { path, parameters = [] } of operationsOf(document)) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    }
  })

  it('says what each operation takes and answers, before and after there is something', async () => {
    // Of which there are no snapshots, so that keys can be deleted.
    const storage = memoryStorage()
    const backup = snapshotStore({ group: 'default', resources: storage, instance: storage })
    const client = await adminClient({ groupBackups: () => [backup] })
    const document = await documentOf(client)
    for (const owner of [...owners, { path: 'gateway_groups/edge', value: {} }]) {
      await client.call('PUT', owner.path, owner.value)
    }
    const order = ['HEAD', 'GET', 'PUT', 'POST', 'PATCH', 'GET', 'PUT', 'DELETE']
    const statuses = new Set<string>()
    for (const method of order) {
      for (const operation of operationsOf(document).filter((candidate) => candidate.method === method)) {
        const { path, responses, requestBody } = operation
        const route = `${method} ${path}`
        const body = requestBody && bodyFor(method, path)
        const headers = { 'x-api-key': 'admin-key', 'content-type': 'application/json' }
        const response = await fetch(
          `${client.endpoint}${examplePath(path)}${path.endsWith('/plugins') ? '?all=true' : ''}`,
          {
            method,
            headers,
            ...(body !== undefined && { body: JSON.stringify(body) }),
          },
        )
        const answer = await response.text()
        statuses.add(`${route} ${String(response.status)}`)
        const described = responses[String(response.status)]
        expect(described, `${route} answered ${String(response.status)} ${answer}`).toBeDefined()
        const schema = described?.content?.['application/json']?.schema
        const answerTrouble = schema === undefined ? '' : fits(document, schema, JSON.parse(answer))
        const asked = response.ok ? requestBody?.content['application/json']?.schema : undefined
        const bodyTrouble = asked === undefined ? '' : fits(document, asked, body)
        expect([route, answerTrouble, bodyTrouble]).toEqual([route, '', ''])
      }
    }
    // Everything has succeeded at some time, apart from what is only there when somebody asks wrongly.
    for (const { method, path } of operationsOf(document)) {
      const reached = [...statuses].filter((status) => status.startsWith(`${method} ${path} `))
      expect(
        reached.some((status) => / 20[01]$/.test(status)),
        `${method} ${path}: ${reached.join()}`,
      ).toBe(true)
    }
  })

  it('says that a key is needed where one is', async () => {
    const client = await adminClient()
    for (const { method, path, security, responses } of operationsOf(await documentOf(client))) {
      const response = await fetch(`${client.endpoint}${examplePath(path)}`, {
        method,
        ...(['PUT', 'POST', 'PATCH'].includes(method) && { body: '{}' }),
      })
      expect([method, path, response.status === 401]).toEqual([method, path, security === undefined])
      expect('401' in responses).toBe(security === undefined)
    }
  })
})
