import { describeBounds, letters, type Bound } from './bounds.ts'

const fromOne = (path: string): Bound => [path, [1, 100_000], [0, 1.5, '1']]
const flag = (path: string): Bound => [path, [true, false], [1, 'true']]
const text = (path: string): Bound => [path, ['', 'a'], [1, null]]
const integer = (path: string): Bound => [path, [0, 1, -1], [0.5, '1']]
const strings = (path: string): Bound => [path, [['a'], ['a', 'a']], [[], [1], 'a']]
const sharedSize: Bound = ['/shared_size', ['1m', '64m'], ['', '0m', '64', '64k', 64]]

describeBounds('keyring', 'default', {}, [
  ['', [{ our_own_field: 1 }], [[], 'a', null]],
  flag('/enable_encrypt_fields'),
  [
    '/keyring',
    [letters(16), letters(32), [letters(16)], [letters(32), letters(16)], 'ä'.repeat(8)],
    ['', letters(15), letters(17), letters(33), [], [letters(15)], [1], 'ä'.repeat(16).slice(1), 1],
  ],
])

describeBounds('snapshot_storage', 'resources', { aws_s3: { bucket: 'b' } }, [
  ['', [{}, { gcs: { bucket: 'b' }, azure_blob: { bucket: 'c', more: 1 } }], [[], 'a', null]],
  ['/aws_s3', [], [{}, 'b', null]],
  ['/aws_s3/bucket', ['b'], ['', 1, undefined]],
])

describeBounds('discovery', 'dns', { servers: ['127.0.0.1:53'] }, [
  ['', [{ resolv_conf: '/etc/resolv.conf' }], [{}, { servers: ['a'], resolv_conf: 'b' }, []]],
  strings('/servers'),
  ['/resolv_conf', [], [1]],
  ['/order', [['SRV'], ['last', 'SRV', 'A', 'AAAA', 'CNAME']], [[], ['A', 'A'], ['MX'], 'A']],
])

const consul: readonly Bound[] = [
  strings('/servers'),
  ['/servers', [], [undefined]],
  text('/token'),
  fromOne('/fetch_interval'),
  flag('/keepalive'),
  fromOne('/weight'),
  fromOne('/timeout/connect'),
  fromOne('/timeout/read'),
  fromOne('/timeout/wait'),
  ['/dump', [{ path: 'a' }], [{}, { path: '' }, []]],
  text('/default_service/host'),
  integer('/default_service/port'),
  integer('/default_service/metadata/fail_timeout'),
  integer('/default_service/metadata/weight'),
  integer('/default_service/metadata/max_fails'),
]
const dump = { path: '/tmp/nodes' }
const dumps: readonly Bound[] = [flag('/dump/load_on_init'), integer('/dump/expire')]
const servers = ['http://127.0.0.1:8500']

describeBounds('discovery', 'consul', { servers, dump }, [
  ...consul,
  ...dumps,
  ['/sort_type', ['origin', 'host_sort', 'port_sort', 'combine_sort'], ['other', 1]],
  strings('/skip_services'),
  sharedSize,
])
describeBounds('discovery', 'consul_kv', { servers, dump }, [
  ...consul,
  ...dumps,
  text('/prefix'),
  strings('/skip_keys'),
])

describeBounds('discovery', 'nacos', { host: ['http://a:8848'] }, [
  ['/host', [['https://user:p@ss@a-b.c:1'], [`http://${letters(93)}`]], [[], 'http://a', undefined]],
  ['/host/0', ['http://a'], ['a', 'ftp://a', 'http://a/b', 'http://', `http://${letters(94)}`, 1]],
  fromOne('/fetch_interval'),
  ['/prefix', ['/', letters(100)], ['', 'a b', letters(101), 1]],
  fromOne('/weight'),
  fromOne('/timeout/connect'),
  fromOne('/timeout/send'),
  fromOne('/timeout/read'),
  text('/access_key'),
  text('/secret_key'),
])

describeBounds('discovery', 'eureka', { host: ['http://a:8761'] }, [
  strings('/host'),
  ['/host', [], [undefined]],
  fromOne('/fetch_interval'),
  text('/prefix'),
  ['/weight', [0, 100], [-1, 0.5]],
  fromOne('/timeout/connect'),
  fromOne('/timeout/send'),
  fromOne('/timeout/read'),
])

const cluster = (at: string): readonly Bound[] => [
  [`${at}/service/schema`, ['http', 'https'], ['ftp']],
  [`${at}/service/host`, ['a-1.b', '${HOST}', '10.0.0.1'], ['', 'A', 'a_b', '${}', '${1A}', 'a..b']],
  [`${at}/service/port`, ['1', '65535', '${PORT}'], ['0', '65536', '080', 'a', 443]],
  flag(`${at}/service/ssl_verify`),
  [`${at}/client/token`, ['', 'a+/._=-', letters(4096), '${TOKEN}'], [letters(4097), 'a b', 1]],
  [`${at}/namespace_selector/equal`, ['a', 'a-b.c_d'], ['', 'A', '-a', 1]],
  [`${at}/namespace_selector/not_equal`, ['a'], ['', 'A']],
  [`${at}/namespace_selector/match`, [['^a.*$', '']], [[], ['a b'], 'a']],
  [`${at}/namespace_selector/not_match`, [['^a.*$']], [[], ['a b']]],
  [
    `${at}/namespace_selector`,
    [{}],
    [
      { equal: 'a', not_equal: 'b' },
      { match: ['a'], not_match: ['b'] },
    ],
  ],
  text(`${at}/label_selector`),
  [`${at}/default_weight`, [0, 50], [-1, 0.5]],
  [`${at}/shared_size`, ['1m'], ['0m', 1]],
  flag(`${at}/watch_endpoint_slices`),
]
describeBounds('discovery', 'kubernetes', {}, [
  ...cluster(''),
  ['/client/token_file', ['/a', letters(500)], ['', letters(501), 'a:b', 1]],
  ['', [{ service: {}, client: {} }], ['a', []]],
])
describeBounds(
  'discovery',
  'kubernetes',
  [{ id: 'a', service: { host: 'a', port: '1' }, client: { token: 't' } }],
  [
    ...cluster('/0'),
    ['/0/id', ['1', letters(64)], ['', letters(65), 'A', 'a-b', undefined]],
    ['/0/service', [], [undefined, {}, { host: 'a' }, { port: '1' }]],
    ['/0/client', [{ token_file: '/a' }], [undefined, {}, { token: 't', token_file: '/a' }]],
  ],
)

describeBounds('discovery', 'some-new-one', {}, [['', [{ anything: 1 }], [[], 'a']]])
