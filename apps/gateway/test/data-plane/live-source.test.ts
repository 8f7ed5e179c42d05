import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { controlPlaneFromEnvironment } from '../../src/config/control-plane-link.ts'
import { isSameLink, liveSource } from '../../src/data-plane/live-source.ts'

describe('the control plane of a node', () => {
  let folder: string
  const ca = () => join(folder, 'ca.pem')
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-live-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const link = (endpoint = 'https://127.0.0.1:1') => {
    const found = controlPlaneFromEnvironment(
      { API7_CONTROL_PLANE_ENDPOINTS: endpoint, API7_CONTROL_PLANE_CA: ca() },
      'default',
    )
    if (!found) throw new Error('there is an address')
    return found
  }

  it('is there before its certificates can be read, fails with what is wrong, and takes them when they come', async () => {
    const source = liveSource(link())
    expect(source.name).toBe('etcd://127.0.0.1:1/gateway_groups/default')
    await expect(source.load()).rejects.toThrow('API7_CONTROL_PLANE_CA: is neither PEM text nor a file')
    await writeFile(ca(), 'not a certificate')
    // It was read: what is wrong now is what it says.
    await expect(source.load()).rejects.toThrow(/^(?!.*API7_CONTROL_PLANE_CA)/)
  })

  it('goes on with the certificates that it has when they cannot be read any more', async () => {
    await writeFile(ca(), 'not a certificate')
    const source = liveSource(link())
    const before = await source.load().catch((error: unknown) => String(error))
    await rm(ca())
    expect(await source.load().catch((error: unknown) => String(error))).toBe(before)
  })

  it('is refused when its address can never work', () => {
    expect(() => liveSource(link('https://root:hidden@127.0.0.1:1'))).toThrow(
      /^API7_CONTROL_PLANE_ENDPOINTS: the etcd endpoint 127\.0\.0\.1:1 must not contain/,
    )
  })

  it('is the same as long as the file asks for the same, whatever the certificates hold', async () => {
    const before = link()
    await writeFile(ca(), 'renewed')
    expect(isSameLink(before, link())).toBe(true)
    expect(isSameLink(before, link('https://127.0.0.1:2'))).toBe(false)
    expect(isSameLink(before, undefined)).toBe(false)
    expect(isSameLink(undefined, undefined)).toBe(true)
  })
})
