import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHttpUpstream, startRawServer, startSteadyLoad, type HttpUpstream } from '@outlast/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { createInstallation, type Installation, type RunningDataPlane } from '../../src/demo/installation.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'

describe('the life of a process', () => {
  let upstream: HttpUpstream
  let installation: Installation

  const file = (name: string) => join(installation.folder, name)
  const outlast = async (...commandLine: string[]) => {
    const process = await startOutlast(commandLine)
    await eventually('the process ends', async () => !process.isAlive())
    return { exitCode: process.exitCode(), output: process.output() }
  }
  const answers = (node: RunningDataPlane, path: string) =>
    eventually(`GET ${path} answers 200`, async () => (await node.get(path)).status === 200)

  beforeAll(async () => {
    ;[upstream, installation] = await Promise.all([startHttpUpstream(), createInstallation()])
    await writeFile(file('conf.yaml'), '')
    await writeFile(file('config.yaml'), '')
    await installation.startControlPlane()
    await installation.admin.put('routes/all', {
      uri: '/*',
      upstream: { type: 'roundrobin', nodes: { [`${upstream.host}:${upstream.port}`]: 1 } },
    })
  })

  afterAll(async () => {
    await installation?.remove()
    await upstream?.stop()
  })

  describe('of a data plane', () => {
    it('ends at SIGTERM with exit code 0, and answers every request that it has accepted', async () => {
      const node = await installation.startDataPlane('drained', file('config.yaml'))
      await answers(node, '/ip')
      const load = startSteadyLoad({ url: `${node.url}/delay/100`, ratePerSecond: 100 })
      await eventually('a hundred are answered', async () => load.counts().correct > 100)
      const stoppedAt = Date.now()
      await node.process.end('SIGTERM')
      expect(node.process.exitCode()).toBe(0)
      const { failures } = await load.stop()
      expect(failures.filter(({ at }) => at < stoppedAt)).toEqual([])
      // Later ones are turned away before anything of them was read.
      expect(failures.filter(({ error }) => error !== 'ECONNREFUSED' && error !== 'ECONNRESET')).toEqual([])
    })

    it('ends at once at the second signal', async () => {
      const node = await installation.startDataPlane('hurried', file('config.yaml'))
      await answers(node, '/ip')
      const reached = upstream.requestCount()
      // Answered after the ten seconds for which a data plane waits at most.
      const slow = node.get('/delay/15000').catch((error: unknown) => error)
      await eventually('the upstream has the request', async () => upstream.requestCount() > reached)
      node.process.signal('SIGTERM')
      await sleep(300)
      expect(node.process.isAlive()).toBe(true)
      const sentAt = Date.now()
      await node.process.end('SIGTERM')
      expect(Date.now() - sentAt).toBeLessThan(8_000)
      expect(await slow).toBeInstanceOf(Error)
    })

    it('ends at SIGTERM with exit code 0 also while it waits for a store that never answers', async () => {
      const hanging = await startRawServer(() => {})
      try {
        await writeFile(
          file('hanging.yaml'),
          `deployment:\n  role_data_plane: { config_provider: yaml }\n  fallback_cp:\n    aws_s3: { access_key: a, secret_key: b, config_bucket: c-c, resource_bucket: r-r, endpoint: '${hanging.endpoint}' }\n`,
        )
        const process = await startOutlast([
          'dp',
          '--config',
          file('hanging.yaml'),
          '--data',
          file('hanging'),
          '--http',
          '127.0.0.1:0',
          '--status',
          '127.0.0.1:0',
        ])
        await eventually('it asks the store', async () => hanging.connections() > 0)
        await process.end('SIGTERM')
        expect(process.output()).not.toMatch(/\n\s+at |serving/)
        expect(process.exitCode()).toBe(0)
      } finally {
        await hanging.stop()
      }
    })

    it('is not ended by a reload before it is ready, and takes up what the file says then', async () => {
      await writeFile(file('early.yaml'), `deployment:\n  etcd: { host: ['http://127.0.0.1:1'] }\n`)
      const process = await startOutlast([
        'dp',
        '--config',
        file('early.yaml'),
        '--data',
        file('early'),
        '--http',
        '127.0.0.1:0',
        '--status',
        '127.0.0.1:0',
      ])
      await eventually('running.json', () => readFile(join(file('early'), 'running.json'), 'utf8'))
      await writeFile(file('early.yaml'), `deployment:\n  fallback_cp: { filesystem: { path: ${file('nothing')} } }\n`)
      expect(await outlast('reload', '--data', file('early'))).toEqual({ exitCode: 0, output: 'reloaded\n' })
      expect(process.isAlive()).toBe(true)
      await process.end('SIGTERM')
      expect(process.exitCode()).toBe(0)
    })
  })

  describe('of a reload', () => {
    it('finds a status port on any address', async () => {
      await writeFile(
        file('elsewhere.yaml'),
        `apisix:\n  status: { ip: 127.0.0.2, port: 0 }\ndeployment:\n  etcd: { host: ['http://127.0.0.1:1'] }\n`,
      )
      const process = await startOutlast([
        'dp',
        '--config',
        file('elsewhere.yaml'),
        '--data',
        file('elsewhere'),
        '--http',
        '127.0.0.1:0',
      ])
      await eventually('running.json', () => readFile(join(file('elsewhere'), 'running.json'), 'utf8'))
      expect(await outlast('reload', '--data', file('elsewhere'))).toEqual({ exitCode: 0, output: 'reloaded\n' })
      await process.end('SIGTERM')
    })

    it('still finds a data plane after a second one could not start in its folder', async () => {
      const node = await installation.startDataPlane('taken', file('config.yaml'))
      const port = new URL(node.statusUrl).port
      await writeFile(file('second.yaml'), `deployment:\n  etcd: { host: ['http://127.0.0.1:1'] }\n`)
      const second = await outlast(
        'dp',
        '--config',
        file('second.yaml'),
        '--data',
        node.data,
        '--http',
        '127.0.0.1:0',
        '--status',
        `127.0.0.1:${port}`,
      )
      expect(second.exitCode).toBe(1)
      expect(await outlast('reload', '--data', node.data)).toEqual({ exitCode: 0, output: 'reloaded\n' })
      await node.process.end('SIGTERM')
      await expect(readFile(join(node.data, 'running.json'))).rejects.toThrow('ENOENT')
    })

    it('never signals a stranger that has the process id of a data plane that died', async () => {
      const node = await installation.startDataPlane('other', file('config.yaml'))
      const dead = await installation.startDataPlane('dead', file('config.yaml'))
      await dead.kill()
      const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      await once(stranger, 'spawn')
      const stale = JSON.parse(await readFile(join(dead.data, 'running.json'), 'utf8'))
      // The system gave the id to a stranger, and the status port to another data plane.
      const running = { ...stale, pid: stranger.pid, status: node.statusUrl }
      await writeFile(join(dead.data, 'running.json'), JSON.stringify(running))
      const result = await outlast('reload', '--data', dead.data)
      await sleep(100)
      expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
      expect(result.exitCode).toBe(1)
      expect(result.output).toMatch(/^outlast: .*does not answer.*\n$/)
      stranger.kill('SIGKILL')
      await node.process.end('SIGTERM')
    })

    it('between standalone and live loses no request, whatever it is asked for and how often', async () => {
      const backup = file('reload-backup')
      const live = 'nginx_config: { error_log_level: info }\n'
      const standalone = `deployment:\n  role_data_plane: { config_provider: yaml }\n  fallback_cp: { filesystem: { path: ${backup} } }\n`
      await writeFile(file('reloaded.yaml'), live)
      const node = await installation.startDataPlane('reloaded', file('reloaded.yaml'))
      await answers(node, '/ip')
      const load = startSteadyLoad({ url: `${node.url}/ip`, ratePerSecond: 200 })
      for (const [text, mode] of [
        [standalone, 'standalone'],
        [live, 'live'],
        [standalone, 'standalone'],
        [live, 'live'],
      ] as const) {
        await writeFile(file('reloaded.yaml'), text)
        const both = await Promise.all([outlast('reload', '--data', node.data), outlast('reload', '--data', node.data)])
        for (const { output } of both) expect(output).toBe('reloaded\n')
        await eventually(`mode ${mode}`, async () => (await node.detail()).mode === mode)
        await writeFile(file('reloaded.yaml'), 'deployment: [')
        const refused = await outlast('reload', '--data', node.data)
        expect(refused.output).toMatch(/^outlast: refused, nothing changed: .*reloaded\.yaml:1: not valid YAML/)
        expect(refused.exitCode).toBe(1)
        expect((await node.detail()).mode).toBe(mode)
      }
      const { sent, correct, failures } = await load.stop()
      expect(failures).toEqual([])
      expect(correct).toBe(sent)
      await node.process.end('SIGTERM')
    })

    it('of an unchanged file does not leave the control plane', async () => {
      const node = await installation.startDataPlane('unchanged', file('config.yaml'))
      await eventually('live', async () => (await node.detail()).mode === 'live')
      expect((await outlast('reload', '--data', node.data)).output).toBe('reloaded\n')
      expect((await node.detail()).mode).toBe('live')
      expect(node.process.output()).not.toContain('holding')
      await node.process.end('SIGTERM')
    })
  })

  describe('of a control plane', () => {
    it('ends promptly at SIGTERM with exit code 0, although data planes watch and a client never finishes its request', async () => {
      const node = await installation.startDataPlane('watching', file('config.yaml'))
      await answers(node, '/ip')
      const admin = new URL(installation.adminUrl)
      const client = connect(Number(admin.port), admin.hostname)
      client.on('error', () => {})
      client.write('PUT /apisix/admin/routes/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{')
      await sleep(300)
      const controlPlane = installation.controlPlane()
      const sentAt = Date.now()
      await controlPlane.end('SIGTERM')
      // Patient with a busy machine; the client would be waited for for a minute.
      expect(Date.now() - sentAt).toBeLessThan(20_000)
      expect(controlPlane.exitCode()).toBe(0)
      client.destroy()
      expect((await node.get('/ip')).status).toBe(200)
      await installation.startControlPlane()
    })

    it('ends at SIGTERM with exit code 0 also while it tries a store that never answers', async () => {
      const hanging = await startRawServer(() => {})
      try {
        await writeFile(
          file('cp-hanging.yaml'),
          `fallback_cp:\n  aws_s3: { access_key: a, secret_key: b, config_bucket: c-c, resource_bucket: r-r, endpoint: '${hanging.endpoint}' }\n`,
        )
        const process = await startOutlast(['cp', '--config', file('cp-hanging.yaml'), '--data', file('cp-hanging')])
        await eventually('it asks the store', async () => hanging.connections() > 0)
        await process.end('SIGTERM')
        expect({ output: process.output(), exitCode: process.exitCode() }).toEqual({ output: '', exitCode: 0 })
      } finally {
        await hanging.stop()
      }
    })
  })
})
