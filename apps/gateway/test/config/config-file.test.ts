import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { dataPlaneConfig } from '../../src/config/data-plane-config.ts'
import { UserError } from '../../src/user-error.ts'

const controlPlane = (text: string) => controlPlaneConfig(parseConfigFile('conf.yaml', text, {}), { data: 'data' })
const dataPlane = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  dataPlaneConfig(parseConfigFile('config.yaml', text, environment), {}, environment)

function complaint(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a mistake in a configuration file is named with file, line and field', () => {
  it.each([
    [
      'a wrong field type',
      'fallback_cp:\n  aws_s3:\n    region: 7\n',
      'conf.yaml:3: fallback_cp.aws_s3.region: Invalid input: expected string, received number',
    ],
    [
      'YAML that does not parse',
      'fallback_cp: {\n',
      'conf.yaml:2: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    [
      "the document's own notes, copied along",
      'fallback_cp:\n  aws_s3:\n    // 注释 1\n    access_key: a\n',
      "conf.yaml:3: a line that starts with // is not YAML; remove the document's notes, or write comments with #",
    ],
    [
      'a file that has lost its indentation',
      'fallback_cp:\naws_s3:\naccess_key: a\n',
      'conf.yaml:2: aws_s3: belongs inside fallback_cp; has the file lost its indentation?',
    ],
    [
      'the same for the fields of another block',
      'fallback_cp:\n  azure_blob:\nsas_token: t\n',
      'conf.yaml:3: sas_token: belongs inside fallback_cp.azure_blob; has the file lost its indentation?',
    ],
    [
      'a schedule that is none',
      "fallback_cp:\n  cron_spec: '@every 1 minute'\n  filesystem: { path: /tmp/x }\n",
      expect.stringMatching(/^conf\.yaml:2: fallback_cp\.cron_spec: /),
    ],
    [
      'two schedules',
      "fallback_cp:\n  cron_spec: '@hourly'\n  interval: 10\n",
      'conf.yaml:3: fallback_cp.interval: cron_spec is set as well; keep one of the two',
    ],
    [
      'an endpoint that is no URL',
      'fallback_cp:\n  aws_s3:\n    endpoint: s3.example.com\n',
      'conf.yaml:3: fallback_cp.aws_s3.endpoint: must be a URL such as https://s3.example.com',
    ],
    [
      'an alias without an anchor',
      'a: *b\n',
      'conf.yaml: not valid YAML: Unresolved alias (the anchor must be set before the alias): b',
    ],
    [
      'keys that let nobody in',
      'deployment:\n  admin:\n    admin_key: []\n',
      'conf.yaml:3: deployment.admin.admin_key: must not be empty; leave it out to have a key generated',
    ],
    [
      'a gateway group that is no name',
      "gateway_groups: ['..']\n",
      'conf.yaml:1: gateway_groups[0]: must be 1 to 64 letters, digits, dots, dashes and underscores',
    ],
  ])('%s', (_what, text, message) => {
    expect(complaint(() => controlPlane(text))).toEqual(message)
  })

  it.each([
    [
      'one etcd host outside of a list',
      'deployment:\n  etcd: { host: http://a:2379 }\n',
      'config.yaml:2: deployment.etcd.host: must be a list of URLs',
    ],
    [
      'an etcd host with another scheme',
      "deployment:\n  etcd: { host: ['ftp://a'] }\n",
      'config.yaml:2: deployment.etcd.host[0]: must be a URL such as http://127.0.0.1:2379',
    ],
    [
      'a listen address that is none',
      'apisix:\n  node_listen: [{ ip: 127.0.0.1 }]\n',
      'config.yaml:2: apisix.node_listen: must be a port, or a list of ports and of { ip, port }',
    ],
    [
      'a backup node',
      'deployment:\n  fallback_cp: { mode: write, filesystem: { path: /backup } }\n',
      'config.yaml:2: deployment.fallback_cp.mode: a data plane only reads; outlast cp writes the backup',
    ],
    [
      'a data plane that is to sign',
      'deployment:\n  fallback_cp:\n    signing_key_file: key\n    filesystem: { path: /backup }\n',
      'config.yaml:3: deployment.fallback_cp.signing_key_file: a data plane signs nothing; keep the key away from it, and give trusted_key_files',
    ],
  ])('%s', (_what, text, message) => {
    expect(complaint(() => dataPlane(text))).toEqual(message)
  })

  it('a gateway group in the environment that is no name', () => {
    const environment = { API7_GATEWAY_GROUP_SHORT_ID: 'a/b' }
    expect(complaint(() => dataPlane('', environment))).toBe(
      'API7_GATEWAY_GROUP_SHORT_ID: must be 1 to 64 letters, digits, dots, dashes and underscores',
    )
  })

  it('a data plane file with another role', () => {
    expect(complaint(() => dataPlane('deployment:\n  role: control_plane\n'))).toBe(
      'config.yaml:2: deployment.role: must be data_plane for outlast dp',
    )
  })

  it('a data plane that has nowhere to get a configuration from', () => {
    expect(complaint(() => dataPlane('nginx_config:\n  error_log_level: warn\n'))).toContain(
      'config.yaml: nothing to get a configuration from',
    )
  })

  it('an environment variable that is referred to but not set', () => {
    expect(complaint(() => controlPlane('fallback_cp:\n  aws_s3:\n    secret_key: ${{S3_SECRET}}\n'))).toBe(
      'conf.yaml:3: fallback_cp.aws_s3.secret_key: environment variable S3_SECRET is not set',
    )
  })
})

describe('a data plane finds its control plane', () => {
  const environment = {
    API7_CONTROL_PLANE_ENDPOINTS: '["https://cp-1:7943","https://cp-2:7943"]',
    API7_CONTROL_PLANE_TOKEN: 'token-of-the-group',
    API7_GATEWAY_GROUP_SHORT_ID: 'blue',
  }

  it("in the environment, when the file holds only the recovery file's nginx_config", () => {
    const config = dataPlane('nginx_config:\n  error_log_level: warn\n', environment)
    expect(config.live).toMatchObject({
      endpoints: ['https://cp-1:7943', 'https://cp-2:7943'],
      prefix: '/gateway_groups/blue',
      token: 'token-of-the-group',
    })
    expect(config.logLevel).toBe('warn')
  })

  it('in deployment.etcd before the environment', () => {
    const config = dataPlane(
      "deployment:\n  etcd:\n    host: ['http://127.0.0.1:2379']\n    prefix: /apisix\n",
      environment,
    )
    expect(config.live).toMatchObject({ endpoints: ['http://127.0.0.1:2379'], prefix: '/apisix' })
  })

  it.each(['yaml', 'json'])('nowhere, when config_provider: %s forces standalone mode', (provider) => {
    const config = dataPlane(
      `deployment:\n  role_data_plane:\n    config_provider: ${provider}\n  fallback_cp:\n    filesystem: { path: /backup }\n`,
      environment,
    )
    expect(config.live).toBeUndefined()
  })
})

describe('a data plane is told how long to wait', () => {
  const fallback = 'fallback_cp: { interval: 30, filesystem: { path: /backup } }'

  it('for whom at a start, and between two looks at its stores', () => {
    const config = dataPlane(`deployment:\n  role_data_plane: { boot_timeout: 0.5 }\n  ${fallback}\n`)
    expect(config).toMatchObject({ bootTimeoutMs: 500, pollIntervalMs: 30_000 })
  })

  it('by the importer, when the file says nothing', () => {
    const config = dataPlane('deployment:\n  fallback_cp: { filesystem: { path: /backup } }\n')
    expect(config).toMatchObject({ bootTimeoutMs: undefined, pollIntervalMs: undefined })
  })

  it.each([-1, 3_601, 'soon'])('but not %s', (value) => {
    const text = `deployment:\n  role_data_plane: { boot_timeout: ${value} }\n  ${fallback}\n`
    expect(complaint(() => dataPlane(text))).toMatch(/^config.yaml:2: deployment.role_data_plane.boot_timeout: must /)
  })
})

it('replaces ${{NAME}} and ${{NAME:=default}} from the environment', () => {
  const file = parseConfigFile('conf.yaml', 'a: ${{ONE}}\nb: ["${{TWO:=two}}/x"]\n', { ONE: ' one ' })
  expect(file.data).toEqual({ a: 'one', b: ['two/x'] })
})

it('reports keys that have no effect, at any depth, instead of refusing them', () => {
  const config = dataPlane(`
nginx_config: { worker_processes: 2 }
plugins: []
apisix: { node_listen: [{ port: 9080, enable_http2: true }] }
deployment: { etcd: { host: ['http://a:1'], health_check_timeout: 10 }, fallback_cp: { filesystem: { path: a, mod: b } } }
`)
  expect(config.ignored).toEqual([
    'nginx_config.worker_processes',
    'plugins',
    'apisix.node_listen.0.enable_http2',
    'deployment.etcd.health_check_timeout',
    'deployment.fallback_cp.filesystem.mod',
  ])
  expect(controlPlane('fallback_cp:\n  aws_s3: { regoin: a }\n').ignored).toEqual(['fallback_cp.aws_s3.regoin'])
})
