import { createServer } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startRadosgw, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../src/demo/eventually.ts'
import { startOutlast } from '../src/demo/outlast-process.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-cli-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** Runs to the end and gives what a person sees. */
async function outlast(...commandLine: string[]): Promise<{ exitCode: number | null; output: string }> {
  const process = await startOutlast(commandLine)
  await eventually('the process ends', async () => !process.isAlive())
  return { exitCode: process.exitCode(), output: process.output() }
}

function expectOneSentence(result: { exitCode: number | null; output: string }, sentence: string | RegExp): void {
  expect(result.output).toMatch(sentence)
  expect(result.output.trimEnd().split('\n')).toHaveLength(1)
  expect(result.output).not.toMatch(/\n\s+at /)
  expect(result.exitCode).toBe(1)
}

describe('a start that cannot work ends with one sentence and exit code 1', () => {
  it('when the file does not exist', async () => {
    const path = join(folder, 'absent.yaml')
    expectOneSentence(await outlast('cp', '--config', path, '--data', folder), `outlast: ${path}: no such file`)
  })

  it('when the file is not YAML', async () => {
    const path = await file('torn.yaml', 'deployment:\n  role: [data_plane\n')
    expectOneSentence(
      await outlast('dp', '--config', path, '--data', folder),
      /^outlast: .*torn\.yaml:3: not valid YAML: /,
    )
  })

  it('when a field has the wrong type', async () => {
    const path = await file('type.yaml', 'fallback_cp:\n  aws_s3:\n    region: 7\n')
    expectOneSentence(
      await outlast('cp', '--config', path, '--data', folder),
      `outlast: ${path}:3: fallback_cp.aws_s3.region: Invalid input: expected string, received number`,
    )
  })

  it.each([
    ['cp', ''],
    ['dp', "deployment: { etcd: { host: ['http://127.0.0.1:1'] } }\n"],
  ])('when the data folder of %s cannot be made', async (command, text) => {
    const path = await file(`folder-${command}.yaml`, text)
    const data = join(path, 'data')
    expectOneSentence(
      await outlast(command, '--config', path, '--data', data),
      `outlast: --data ${data}: is no folder that can be written (ENOTDIR)`,
    )
  })

  it.each([
    ['is a part of a file', 'file'],
    ['is not there', 'absent'],
  ])('when the only store of a data plane %s', async (_what, kind) => {
    const blocked = await file('blocked', '')
    const store = kind === 'file' ? join(blocked, 'store') : join(folder, 'not-mounted')
    const path = await file(
      `store-${kind}.yaml`,
      `deployment:\n  role_data_plane: { config_provider: yaml }\n  fallback_cp:\n    filesystem: { path: ${store} }\n`,
    )
    const addresses = ['--http', '127.0.0.1:0', '--status', '127.0.0.1:0']
    const result = await outlast('dp', '--config', path, '--data', join(folder, `store-${kind}`), ...addresses)
    expect(result.output.trimEnd().split('\n').at(-1)).toMatch(
      /^outlast: .*store-.*\.yaml:4: deployment\.fallback_cp\.filesystem\.path: file:/,
    )
    expect(result.exitCode).toBe(1)
  })

  it('when the endpoint of the control plane holds credentials, without showing them', async () => {
    const path = await file('userinfo.yaml', "deployment: { etcd: { host: ['http://root:hidden@127.0.0.1:1'] } }\n")
    const result = await outlast('dp', '--config', path, '--data', join(folder, 'userinfo'))
    expectOneSentence(
      result,
      `outlast: ${path}:1: deployment.etcd.host[0]: must not hold credentials: use user and password`,
    )
    expect(result.output).not.toContain('hidden')
  })

  it('when a certificate is none', async () => {
    const pem = await file('garbage.pem', 'garbage')
    const path = await file(
      'tls.yaml',
      `dp_manager:\n  https: { port: 0, cert_file: ${pem}, key_file: ${pem}, ca_file: ${pem} }\n`,
    )
    expectOneSentence(
      await outlast('cp', '--config', path, '--data', join(folder, 'tls')),
      `outlast: ${path}:2: dp_manager.https: certificate, key and CA do not make a TLS server: `,
    )
  })

  it('when an address cannot be listened on for a rare reason', async () => {
    const path = await file('empty.yaml', '')
    const result = await outlast(
      'cp',
      '--config',
      path,
      '--data',
      join(folder, 'address'),
      '--admin-listen',
      '[fe80::1]:9180',
    )
    expect(result.output).toContain('outlast: --admin-listen: cannot listen on [fe80::1]:9180: ')
    expect(result.output).not.toMatch(/\n\s+at /)
    expect(result.exitCode).toBe(1)
  })

  it('when a port is in use', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
    try {
      const conf = await file('port.yaml', `deployment:\n  admin:\n    admin_listen: { port: ${port} }\n`)
      const result = await outlast('cp', '--config', conf, '--data', join(folder, 'port-cp'))
      const sentence = `outlast: ${conf}: deployment.admin.admin_listen: cannot listen on 127.0.0.1:${port}: the port is already in use`
      expect(result.output.split('\n')).toContain(sentence)
      expect(result.exitCode).toBe(1)

      const backup = join(folder, 'port-backup')
      const config = await file(
        'port-dp.yaml',
        `apisix:\n  status: { ip: 127.0.0.1, port: ${port} }\ndeployment:\n  fallback_cp:\n    filesystem: { path: ${backup} }\n`,
      )
      expectOneSentence(
        await outlast('dp', '--config', config, '--data', join(folder, 'port-dp')),
        `outlast: ${config}: apisix.status: cannot listen on 127.0.0.1:${port}: the port is already in use`,
      )
    } finally {
      server.close()
    }
  })

  it('when the storage endpoint is not reachable', async () => {
    const port = await freePort()
    const path = await file(
      'endpoint.yaml',
      s3Block({ endpoint: `http://127.0.0.1:${port}`, accessKey: 'a', secretKey: 'b' }),
    )
    expectOneSentence(
      await outlast('cp', '--config', path, '--data', join(folder, 'unreachable')),
      /^outlast: .*endpoint\.yaml:7: fallback_cp\.aws_s3\.endpoint: .*gw-instance/,
    )
  })
})

describeWithServer(
  'radosgw',
  'a start with wrong S3 settings, on Ceph radosgw, ends with one sentence and exit code 1',
  () => {
    let store: Radosgw

    beforeAll(async () => {
      store = await startRadosgw()
      await store.createBucket('gw-instance')
    })

    afterAll(async () => {
      await store?.stop()
    })

    it('when the keys are wrong', async () => {
      const path = await file('keys.yaml', storeBlock({ secretKey: 'not-the-secret' }))
      const result = await outlast('cp', '--config', path, '--data', join(folder, 'keys'))
      expectOneSentence(result, /^outlast: .*keys\.yaml:3: fallback_cp\.aws_s3\.access_key: /)
      expect(result.output).not.toContain('not-the-secret')
    })

    it('when a bucket does not exist', async () => {
      const path = await file('bucket.yaml', storeBlock())
      expectOneSentence(
        await outlast('cp', '--config', path, '--data', join(folder, 'bucket')),
        /^outlast: .*bucket\.yaml:6: fallback_cp\.aws_s3\.resource_bucket: .*gw-resources/,
      )
    })

    it('on a data plane that has nothing else to start from', async () => {
      const block = storeBlock({ secretKey: 'not-the-secret' }).replaceAll('\n', '\n  ')
      const path = await file(
        'fresh.yaml',
        `deployment:\n  role_data_plane: { config_provider: yaml }\n  ${block.trimEnd()}\n`,
      )
      const data = join(folder, 'fresh')
      const result = await outlast(
        'dp',
        '--config',
        path,
        '--data',
        data,
        '--http',
        '127.0.0.1:0',
        '--status',
        '127.0.0.1:0',
      )
      expect(result.output.trimEnd().split('\n').at(-1)).toMatch(
        /^outlast: .*fresh\.yaml:5: deployment\.fallback_cp\.aws_s3\.access_key: /,
      )
      expect(result.exitCode).toBe(1)
      expect(result.output).not.toMatch(/\n\s+at /)
    })

    const storeBlock = (options: { secretKey?: string } = {}) =>
      s3Block({
        endpoint: store.endpoint,
        accessKey: store.accessKeyId,
        secretKey: store.secretAccessKey,
        ...options,
      })
  },
)

function s3Block(options: { endpoint: string; accessKey: string; secretKey: string }): string {
  return [
    'fallback_cp:',
    '  aws_s3:',
    `    access_key: ${options.accessKey}`,
    `    secret_key: ${options.secretKey}`,
    '    config_bucket: gw-instance',
    '    resource_bucket: gw-resources',
    `    endpoint: ${options.endpoint}`,
    '',
  ].join('\n')
}
