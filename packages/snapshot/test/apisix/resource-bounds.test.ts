import { describeBounds, letters, type Bound } from './bounds.ts'

const nodes = { '127.0.0.1:1980': 1 }
const certificate = letters(128)
const key = letters(64)

const id: Bound = ['/id', ['a', letters(64), 'A-z_0.9', 1], ['', letters(65), 'a b', 'a/b', 'a\n', 0, 1.5, null, true]]
const name: Bound = ['/name', ['n', letters(256), '😀'.repeat(256)], ['', letters(257), '😀'.repeat(257), 1]]
const desc: Bound = ['/desc', ['', letters(256), '😀'.repeat(256)], [letters(257), null]]
const labels: Bound = ['/labels', [{}, { a: 'b' }, { '': letters(256) }], ['a', [], null]]
const label: Bound = ['/labels/a', ['b', letters(256)], ['', letters(257), 'a b', 'a\n', 1]]
const createTime: Bound = ['/create_time', [0, 1_700_000_000], ['1', 1.5]]
const updateTime: Bound = ['/update_time', [0, 1_700_000_000], ['1', 1.5]]
const times = [createTime, updateTime]
const described = [id, desc, labels, label, ...times]
const common = [...described, name]

const plugins: Bound = ['/plugins', [{}, { a: {} }, { unknown: { b: [1] } }], [[], 'a', null]]
const plugin: Bound = ['/plugins/a', [{}, { _meta: { disable: true } }], [[], 1, null]]
const identifiers = (path: string): Bound => [path, ['1', 7, letters(64)], ['', 0, letters(65), 'a/b', null]]
const flag = (path: string): Bound => [path, [true, false], [1, 'true', null]]
const hosts = (path: string): Bound => [
  path,
  ['*', '*.a.com', '*a', 'a_b-c.D', '[::1]:80', '::1'],
  ['', 'a b', 'a*', 'a/b', '**', 1],
]
const addresses = (path: string): Bound => [
  path,
  ['127.0.0.1', '10.0.0.0/0', '10.0.0.0/32', '::1', '2001:db8::/0', '2001:db8::/128', '::ffff:1.2.3.4'],
  ['', '1.2.3', '256.0.0.1', '10.0.0.0/33', '10.0.0.0/', '::/129', '::1%eth0', 'a.com', '1.2.3.4/1/2', 1],
]
const status: Bound = ['/status', [0, 1], [2, '1', true, null]]
const seconds = (path: string): Bound => [path, [0.001, 60], [0, -1, '1', undefined]]
const ports = (path: string): Bound => [path, [1, 65_535], [0, 65_536, 1.5, '80']]
const integersFrom = (path: string, minimum: number): Bound => [
  path,
  [minimum, 1_000_000],
  [minimum - 1, minimum + 0.5, 'a'],
]
const script: Bound = ['/script', [letters(10), letters(102_400)], [letters(9), letters(102_401), 1]]
const certificates = (path: string): Bound => [
  path,
  [letters(128), letters(65_536), '$secret://vault/1/c', '$env://C', '$ENV://C'],
  [letters(127), letters(65_537), 1],
]
const keys = (path: string): Bound => [
  path,
  [letters(64), letters(65_536), '$secret://vault/1/k', '$env://K'],
  [letters(63), letters(65_537), 1],
]

describeBounds('routes', '1', { uri: '/a', plugins: {} }, [
  ...common,
  plugins,
  plugin,
  ['/uri', ['/', letters(4096)], ['', letters(4097), 1]],
  ['', [], [{ plugins: {} }, { uri: '/a', uris: ['/b'], plugins: {} }, { uri: '/a' }, [], null, 'text']],
  [
    '',
    [
      { uris: ['/a', '/b'], service_id: 1 },
      { uri: '/a', upstream_id: 1 },
    ],
    [{ uri: '/a', plugin_config_id: 1 }],
  ],
  ['/uris', [], [[], ['/a', '/a'], [1], '/a']],
  hosts('/host'),
  ['/hosts', [['a'], ['a', 'b']], [[], ['a', 'a'], ['a b'], 'a']],
  ['', [], [{ uri: '/a', plugins: {}, host: 'a', hosts: ['b'] }]],
  addresses('/remote_addr'),
  ['/remote_addrs', [['::1'], ['10.0.0.0/8', '::1']], [[], ['::1', '::1'], ['a']]],
  ['', [], [{ uri: '/a', plugins: {}, remote_addr: '::1', remote_addrs: ['::2'] }]],
  [
    '/methods',
    [[], ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PURGE']],
    [['get'], ['GET', 'GET'], ['PROPFIND'], 'GET'],
  ],
  ['/priority', [-1, 0, 1000], [0.5, '1']],
  ['/vars', [[], [['a', '==', 1]], ['OR', ['a', '==', 1]]], [{}, 'a']],
  ['/filter_func', ['function()', 'function(v) return true end'], ['function(', 'return true', 1]],
  ['', [{ uri: '/a', script: letters(10) }], [{ uri: '/a', script: letters(10), plugins: {} }]],
  ['', [{ uri: '/a', script: letters(102_400) }], [{ uri: '/a', script: letters(10), plugin_config_id: 1 }]],
  ['/script', [], [letters(9), letters(102_401), 1]],
  identifiers('/script_id'),
  identifiers('/plugin_config_id'),
  identifiers('/upstream_id'),
  identifiers('/service_id'),
  ['/upstream', [{ nodes }], [{}, [], null]],
  ['/timeout', [{ connect: 0.1, send: 1, read: 1 }], [{}, 1, null]],
  flag('/enable_websocket'),
  status,
])

describeBounds('routes', '2', { uri: '/a', plugins: {}, timeout: { connect: 1, send: 1, read: 1 } }, [
  seconds('/timeout/connect'),
  seconds('/timeout/send'),
  seconds('/timeout/read'),
])

describeBounds('services', '1', {}, [
  ...common,
  plugins,
  plugin,
  ['/upstream', [{ nodes }], [{}, []]],
  identifiers('/upstream_id'),
  ['/hosts', [['a'], ['a', 'b']], [[], ['a', 'a'], ['a b'], 'a']],
  flag('/enable_websocket'),
  script,
  ['', [{ some_new_field: 1 }], [null, [], 1]],
])

describeBounds('services', 's/graphql_cost_decorations/1', { field_path: 'Query' }, [
  ...common,
  identifiers('/service_id'),
  ['/field_path', ['_a', 'Query.products.nodes'], ['', 'a.', '.a', '1a', 'a b', undefined]],
  ['/add_value', [0, 0.5], [-1, '1']],
  ['/mul_value', [0, 0.5], [-1, '1']],
  ['/add_arguments', [[], ['first']], [[''], 'first']],
  ['/mul_arguments', [[], ['first']], [[''], 'first']],
])

describeBounds('upstreams', '1', { nodes }, [
  ...common,
  ['/nodes', [{}, [], { a: 0 }, { 'a:1': 1, 'a:65535': 1, '[::1]:80': 1, '::1': 1 }], ['a', 1, null]],
  ['/nodes/a:80', [0, 1], [-1, 0.5, '1']],
  ['/nodes/a:0', [], [1]],
  ['/nodes/a:65536', [], [1]],
  ['/nodes/[::1]:65536', [], [1]],
  [
    '',
    [
      { nodes, service_name: 'a' },
      { service_name: 'a', discovery_type: 'dns' },
    ],
    [{}, { service_name: 'a' }],
  ],
  ['', [{ nodes, discovery_type: 'dns' }], [{ nodes, service_name: 'a', discovery_type: 'dns' }]],
  ['/service_name', ['a', letters(256)], ['', letters(257), 1]],
  ['/discovery_type', ['dns', 'other'], [1, null]],
  ['/discovery_args', [{}, { namespace_id: 'a', group_name: 'b', more: 1 }], [[], 'a']],
  ['/discovery_args/namespace_id', ['a'], [1]],
  ['/discovery_args/group_name', ['a'], [1]],
  ['/type', ['roundrobin', 'least_conn', 'ewma', 'own'], [1, null]],
  ['/hash_on', ['vars', 'header', 'cookie', 'consumer', 'vars_combinations'], ['other', 1]],
  ['/key', ['anything'], [1]],
  ['/scheme', ['http', 'https', 'grpc', 'grpcs', 'tcp', 'tls', 'udp', 'kafka'], ['ftp', 1]],
  integersFrom('/retries', 0),
  ['/retry_timeout', [0, 0.5], [-1, '1']],
  ['/timeout', [{ connect: 0.1, send: 1, read: 1 }], [{}, 1]],
  ['/tls', [{}, { client_cert: certificate, client_key: key }], [{ client_cert: certificate }, { client_key: key }]],
  ['/tls', [{ client_cert_id: 1 }], [{ client_cert_id: 1, client_cert: certificate, client_key: key }, []]],
  identifiers('/tls/client_cert_id'),
  flag('/tls/verify'),
  integersFrom('/keepalive_pool/size', 1),
  ['/keepalive_pool/idle_timeout', [0, 0.5], [-1, '1']],
  integersFrom('/keepalive_pool/requests', 1),
  ['/pass_host', ['pass', 'node'], ['other', 1]],
  ['', [{ nodes, pass_host: 'rewrite', upstream_host: 'a' }], [{ nodes, pass_host: 'rewrite' }]],
  hosts('/upstream_host'),
  ['/checks', [{ active: {} }, { active: {}, passive: {} }], [{}, { passive: {} }, []]],
])

describeBounds('upstreams', '2', { nodes: [{ host: 'a', weight: 1 }] }, [
  hosts('/nodes/0/host'),
  ['/nodes/0/host', [], [undefined]],
  ports('/nodes/0/port'),
  integersFrom('/nodes/0/weight', 0),
  ['/nodes/0/weight', [], [undefined]],
  ['/nodes/0/priority', [-1, 0, 1], [0.5, '1']],
  ['/nodes/0/metadata', [{}, { a: 1 }], [[], 'a']],
])

describeBounds('upstreams', 'tls', { nodes, tls: { client_cert: certificate, client_key: key } }, [
  certificates('/tls/client_cert'),
  keys('/tls/client_key'),
])

describeBounds('upstreams', 'chash', { nodes, type: 'chash', key: 'remote_addr' }, [
  ['/key', ['uri', 'arg_a-b', 'mqtt_client_id', 'query_string'], ['', 'cookie_a', 'arg_', 'urix', undefined]],
  ['/hash_on', ['vars', 'header', 'vars_combinations', 'consumer'], ['other']],
  [
    '',
    [{ nodes, type: 'chash', hash_on: 'consumer' }],
    [
      { nodes, type: 'chash' },
      { nodes, type: 'chash', hash_on: 'header' },
    ],
  ],
  [
    '',
    [{ nodes, type: 'chash', hash_on: 'header', key: 'X-a_1' }],
    [{ nodes, type: 'chash', hash_on: 'header', key: 'a b' }],
  ],
  [
    '',
    [{ nodes, type: 'chash', hash_on: 'cookie', key: 'a' }],
    [{ nodes, type: 'chash', hash_on: 'cookie', key: '$a' }],
  ],
  ['', [{ nodes, type: 'chash', hash_on: 'vars_combinations', key: '$uri-$host' }], []],
])

const statuses = (path: string): Bound => [path, [[200], [599, 200]], [[], [199], [600], [200, 200], ['200'], 200]]
const counts = (path: string, minimum: number): Bound => [path, [minimum, 254], [minimum - 1, 255, 1.5, '1']]

describeBounds('upstreams', 'checks', { nodes, checks: { active: {}, passive: {} } }, [
  ['/checks/active', [], [undefined, []]],
  ['/checks/active/type', ['http', 'https', 'tcp'], ['udp']],
  ['/checks/active/timeout', [0.5, 1], ['1']],
  ['/checks/active/concurrency', [1, 10], [0.5, '1']],
  hosts('/checks/active/host'),
  ports('/checks/active/port'),
  ['/checks/active/http_method', ['GET', 'PURGE'], ['get', '']],
  ['/checks/active/http_path', ['', '/a'], [1]],
  ['/checks/active/http_req_body', ['', 'a'], [1]],
  flag('/checks/active/https_verify_certificate'),
  ['/checks/active/req_headers', [['A: b']], [[], [1], 'A: b']],
  integersFrom('/checks/active/healthy/interval', 1),
  statuses('/checks/active/healthy/http_statuses'),
  counts('/checks/active/healthy/successes', 1),
  integersFrom('/checks/active/unhealthy/interval', 1),
  statuses('/checks/active/unhealthy/http_statuses'),
  counts('/checks/active/unhealthy/http_failures', 1),
  counts('/checks/active/unhealthy/tcp_failures', 1),
  counts('/checks/active/unhealthy/timeouts', 1),
  ['/checks/passive', [undefined, {}], [[]]],
  ['/checks/passive/type', ['http', 'https', 'tcp'], ['udp']],
  statuses('/checks/passive/healthy/http_statuses'),
  counts('/checks/passive/healthy/successes', 0),
  statuses('/checks/passive/unhealthy/http_statuses'),
  counts('/checks/passive/unhealthy/http_failures', 0),
  counts('/checks/passive/unhealthy/tcp_failures', 0),
  counts('/checks/passive/unhealthy/timeouts', 0),
])

describeBounds('consumers', 'jack', { username: 'jack' }, [
  ...described,
  plugins,
  plugin,
  ['/username', ['a', letters(256), 'A-z_9'], ['', letters(257), 'a.b', 'a b', 1, undefined]],
  identifiers('/group_id'),
])

describeBounds('consumers', 'jack/credentials/1', {}, [
  name,
  desc,
  labels,
  label,
  ...times,
  [
    '/id',
    ['1', 1, letters(64), 'u/credentials/1', `u/credentials/${letters(114)}`],
    ['', 0, letters(65), '/credentials/12', `u/credentials/${letters(115)}`, 'u/credentials/a/b', 'u.v/credentials/1'],
  ],
  ['/plugins', [{}, { 'key-auth': {} }], [{ 'key-auth': {}, 'jwt-auth': {} }, []]],
])

for (const kind of ['consumer_groups', 'plugin_configs']) {
  describeBounds(kind, '1', { plugins: {} }, [...described, plugins, plugin, ['/plugins', [], [undefined]]])
}
describeBounds('consumer_groups', '2', { plugins: {} }, [name])
describeBounds('plugin_configs', '2', { plugins: {} }, [['/name', ['', letters(257)], [1]]])
describeBounds('global_rules', '1', { plugins: {} }, [id, ...times, plugins, plugin, ['/plugins', [], [undefined]]])
describeBounds('plugin_metadata', 'http-logger', {}, [['', [{ log_format: {} }], [[], 'a', null]]])

describeBounds('ssls', '1', { cert: certificate, key, sni: 'a.com' }, [
  ...described,
  ['/type', ['server'], ['other', 1]],
  certificates('/cert'),
  keys('/key'),
  ['/cert', [], [undefined]],
  ['/key', [], [undefined]],
  hosts('/sni'),
  ['', [{ cert: certificate, key, snis: ['a', '*.b', 'a'] }], [{ cert: certificate, key }]],
  ['', [{ type: 'client', cert: certificate, key }], [{ cert: certificate, key, sni: 'a', snis: ['b'] }]],
  ['/snis', [], [[], ['a b'], 'a']],
  ['', [{ type: 'client', cert: certificate, key, certs: [certificate] }], []],
  ['', [{ cert: certificate, key, sni: 'a', certs: [certificate], keys: [key] }], []],
  [
    '',
    [],
    [
      { cert: certificate, key, sni: 'a', certs: [certificate] },
      { cert: certificate, key, sni: 'a', keys: [key] },
    ],
  ],
  ['/certs', [[]], [['a'], 'a']],
  ['/keys', [[]], [['a'], 'a']],
  ['/client', [{ ca: certificate }], [{}, [], { ca: letters(127) }]],
  status,
  [
    '/ssl_protocols',
    [[], ['TLSv1.1', 'TLSv1.2', 'TLSv1.3']],
    [['TLSv1.0'], ['TLSv1.2', 'TLSv1.2'], ['TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'TLSv1.1'], 'TLSv1.2'],
  ],
])
describeBounds('ssls', 'mtls', { cert: certificate, key, sni: 'a.com', client: { ca: certificate } }, [
  certificates('/client/ca'),
  integersFrom('/client/depth', 0),
  ['/client/skip_mtls_uri_regex', [['/a'], ['/a', '/b']], [[], ['/a', '/a'], [1]]],
])

describeBounds('protos', '1', { content: 'syntax' }, [
  ...common,
  ['/content', ['s', letters(1_048_576)], ['', letters(1_048_577), 1, undefined]],
])

describeBounds('secrets', 'vault/1', { uri: 'http://v', prefix: 'kv', token: 't' }, [
  ['/uri', ['https://v:8200/x', 'http://[::1]:8200', '$env://VAULT'], ['v', '//v', 'http://', undefined]],
  ['/prefix', ['', 'a'], [1, undefined]],
  ['/token', ['', '$env://T'], [1, undefined]],
  ['/namespace', ['', 'a'], [1]],
])
describeBounds('secrets', 'aws/1', { access_key_id: 'a', secret_access_key: 's' }, [
  ['/access_key_id', ['', 'a'], [1, undefined]],
  ['/secret_access_key', ['', 'a'], [1, undefined]],
  ['/session_token', ['', 'a'], [1]],
  ['/region', ['us-east-1'], [1]],
  ['/endpoint_url', ['http://localhost:4566'], ['localhost', 1]],
])
const account = { client_email: 'e', private_key: 'k', project_id: 'p' }
describeBounds('secrets', 'gcp/1', { auth_config: account }, [
  ['', [{ auth_file: '/a' }], [{}, { auth_file: '/a', auth_config: account }]],
  ['/auth_file', [], [1]],
  ['/auth_config/client_email', ['a'], [1, undefined]],
  ['/auth_config/private_key', ['a'], [1, undefined]],
  ['/auth_config/project_id', ['a'], [1, undefined]],
  ['/auth_config/token_uri', ['a'], [1]],
  ['/auth_config/scope', [[], ['a']], [[1], 'a']],
  ['/auth_config/entries_uri', ['a'], [1]],
  flag('/ssl_verify'),
])
describeBounds('secrets', 'new-manager/1', { anything: 1 }, [['', [{}], [[], 'a']]])

describeBounds('stream_routes', '1', {}, [
  ...common,
  plugins,
  plugin,
  addresses('/remote_addr'),
  addresses('/server_addr'),
  ports('/server_port'),
  hosts('/sni'),
  ['/upstream', [{ nodes }], [{}, []]],
  identifiers('/upstream_id'),
  identifiers('/service_id'),
  ['/protocol', [{ name: 'redis' }], [{}, [], 'redis']],
])
describeBounds('stream_routes', '2', { protocol: { name: 'redis', logger: [{}] } }, [
  ['/protocol/name', ['', 'dubbo'], [1, undefined]],
  identifiers('/protocol/superior_id'),
  ['/protocol/conf', [{}, { a: 1 }], [[], 'a']],
  ['/protocol/logger', [[], [{ name: 'a', conf: {} }]], [{}, ['a']]],
  ['/protocol/logger/0', [{ conf: {} }], [{ name: 'a' }]],
  ['/protocol/logger/0/filter', [[], [['a', '==', 1]]], [{}]],
  ['/protocol/logger/0/conf', [{}], [[]]],
])

describeBounds(
  'plugins',
  'plugins',
  [{ name: 'a' }],
  [
    ['', [[], [{ name: 'a', stream: true }], { name: 'a' }], ['a', 1, null]],
    ['/0/name', ['a'], ['', 1, undefined]],
    flag('/0/stream'),
  ],
)
