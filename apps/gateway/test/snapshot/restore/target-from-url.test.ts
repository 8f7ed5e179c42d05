import { describe, expect, it } from 'vitest'
import { targetFromUrl } from '../../../src/snapshot/restore/target-from-url.ts'

const environment = { OUTLAST_ADMIN_KEY: 'admin-key' }
const open = async (url: string, variables: NodeJS.ProcessEnv = environment) =>
  targetFromUrl(url, { group: 'default', environment: variables })

describe('the URL of a target', () => {
  it.each([
    ['etcd://127.0.0.1:2379/apisix', 'etcd://127.0.0.1:2379/apisix'],
    ['etcd://a:2379,b:2379/gateway_groups/default/', 'etcd://a:2379,b:2379/gateway_groups/default'],
    ['etcds://a:2379/apisix', 'etcd://a:2379/apisix'],
    ['http://127.0.0.1:9180', 'http://127.0.0.1:9180/apisix/admin'],
    ['https://a:9180/other/admin/', 'https://a:9180/other/admin'],
    ['file:///nowhere/cp', 'file:/nowhere/cp/control-plane.db'],
    ['file:///nowhere/other.db', 'file:/nowhere/other.db'],
  ])('%s opens %s', async (url, name) => {
    expect((await open(url)).name).toBe(name)
  })

  it.each([
    ['', 'is no URL of a target; give etcd://'],
    ['hidden', 'is no URL of a target; give etcd://'],
    ['s3://hidden', 'is no URL of a target; give etcd://'],
    ['etcd:///apisix', 'is no URL of a target; give etcd://'],
    ['etcd://a:2379', 'must name a prefix: /apisix, or /gateway_groups/<group>'],
    ['etcd://a:2379/', 'must name a prefix: /apisix, or /gateway_groups/<group>'],
    ['etcd://root:hidden@a:2379/apisix', 'must not hold credentials; set OUTLAST_TARGET_USER'],
    ['etcd://a:2379/apisix?ca_file=hidden', 'has an unknown parameter; known here: none'],
    [
      'etcds://a:2379/apisix?password=hidden',
      'has an unknown parameter; known here: ca_file, cert_file, key_file, server_name',
    ],
    ['etcds://a:2379/apisix?ca_file=', 'gives ca_file twice, or without a value'],
    ['etcds://a:2379/apisix?ca_file=/nowhere/ca', 'ca_file /nowhere/ca cannot be read (ENOENT)'],
    ['http://hidden@a:9180', 'must hold neither credentials nor parameters; set OUTLAST_ADMIN_KEY'],
    ['http://a:9180?api_key=hidden', 'must hold neither credentials nor parameters; set OUTLAST_ADMIN_KEY'],
    ['http://', 'cannot be used'],
    ['file://host/path', 'must hold a whole path: file:///path'],
    ['file:hidden', 'must hold a whole path: file:///path'],
    ['file:///path?hidden', 'takes no parameters'],
  ])('%s is refused in a sentence that does not repeat it', async (url, sentence) => {
    const error: unknown = await open(url).catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/^UserError: --to: (?!.*hidden)/)
    expect(String(error)).toContain(sentence)
  })

  it('of an Admin API needs its key in the environment', async () => {
    await expect(open('http://a:9180', {})).rejects.toThrow('needs the key of the Admin API in OUTLAST_ADMIN_KEY')
  })
})
