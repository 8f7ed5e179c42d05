import { connect } from 'node:net'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'

import { startAzurite, startEtcd, startEtcdCluster, startNginx, startRadosgw, startRedis } from '../src/index.ts'
import { scratchFolder } from '../src/scratch-folder.ts'
import { describeWithServer } from '../src/vitest.ts'

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describeWithServer('etcd', 'startEtcd', () => {
  it('starts an etcd that keeps its data across a kill and a restart at the same address', async () => {
    const scratch = await scratchFolder('etcd-restart')
    const options = { dataDir: `${scratch.path}/data` }
    const first = await startEtcd(options)
    const post = async (path: string, body: object) => {
      const response = await fetch(`${first.endpoint}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return await response.text()
    }
    await post('/v3/kv/put', { key: 'a2V5', value: 'dmFsdWU=' })
    await first.kill()
    expect(isAlive(first.pid)).toBe(false)
    const second = await startEtcd({ ...options, clientPort: first.clientPort })
    expect(await post('/v3/kv/range', { key: 'a2V5' })).toContain('"value":"dmFsdWU="')
    await second.stop()
    expect(existsSync(options.dataDir)).toBe(true)
    await rm(scratch.path, { recursive: true })
  })

  it('leaves no server and no folder behind when the starting process is killed', async () => {
    const index = new URL('../src/index.ts', import.meta.url).href
    const script = `
      import { startEtcd } from ${JSON.stringify(index)}
      const { pid, dataDir } = await startEtcd()
      console.log(JSON.stringify({ pid, dataDir }))`
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(starter.stdout, 'data')
    const { pid, dataDir }: { pid: number; dataDir: string } = JSON.parse(String(line))
    expect(isAlive(pid)).toBe(true)
    starter.kill('SIGKILL')
    while (isAlive(pid) || existsSync(dataDir)) await delay(20)
  })
})

describeWithServer('etcd', 'startEtcdCluster', () => {
  it('starts members that go on with one of them gone, and take it back with its data', async () => {
    const cluster = await startEtcdCluster()
    const post = async (endpoint: string, path: string, body: object) => {
      const response = await fetch(`${endpoint}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return await response.text()
    }
    const leader = await cluster.leader()
    const other = String(cluster.endpoints.find((_, index) => index !== leader))
    await cluster.members[leader]?.kill()
    // What is asked while they have no leader waits for seconds.
    await expect.poll(async () => cluster.leader()).not.toBe(leader)
    expect(await post(other, '/v3/kv/put', { key: 'a2V5', value: 'dmFsdWU=' })).toContain('"revision":"2"')
    await cluster.restart(leader)
    const read = async () => post(String(cluster.endpoints[leader]), '/v3/kv/range', { key: 'a2V5' })
    await expect.poll(read).toContain('"value":"dmFsdWU="')
    const folders = cluster.members.map(({ dataDir }) => dataDir)
    await cluster.stop()
    expect(folders.filter((folder) => existsSync(folder))).toEqual([])
  })
})

describeWithServer('radosgw', 'startRadosgw', () => {
  it('starts an S3 server that refuses strangers and holds the buckets made for the test', async () => {
    const server = await startRadosgw()
    try {
      await server.createBucket('one')
      await server.createBucket('one')
      expect((await fetch(`${server.endpoint}/one`)).status).toBe(403)
      expect((await fetch(`${server.endpoint}/two`)).status).toBe(404)
      const user = await server.createUser('other')
      await user.suspend()
      await expect(user.createBucket('two')).rejects.toThrow('HTTP 403')
      await user.enable()
      await user.createBucket('two')
    } finally {
      await server.stop()
    }
    await expect(fetch(server.endpoint)).rejects.toThrow('fetch failed')
  })
})

describeWithServer('nginx', 'startNginx', () => {
  it('starts and stops an nginx that tells what it has seen', async () => {
    const server = await startNginx()
    await fetch(`${server.endpoint}/a?b`, { method: 'POST', body: 'x"y' })
    const finished = [String.raw`POST /a?b x\"y`]
    await expect.poll(() => server.requests()).toEqual({ finished, unfinished: [], refused: [] })
    const send = (text: string) =>
      connect(Number(new URL(server.endpoint).port), '127.0.0.1')
        .end(text)
        .resume()
    send('POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel')
    await expect.poll(() => server.requests()).toEqual({ finished, unfinished: ['POST /cut hel'], refused: [] })
    send('GET /host HTTP/1.1\r\n\r\n')
    await expect.poll(async () => (await server.requests()).refused).toEqual(['400 refused GET /host '])
    send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n')
    await expect
      .poll(async () => (await server.requests()).refused.at(-1))
      .toContain('client sent invalid chunked body')
    expect(await server.requests()).toMatchObject({ finished })
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
  })
})

describeWithServer('redis', 'startRedis', () => {
  it('starts and stops a Redis', async () => {
    const server = await startRedis()
    expect(isAlive(server.pid)).toBe(true)
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
  })
})

describeWithServer('azurite', 'startAzurite', () => {
  it('starts and stops an Azurite that refuses strangers', async () => {
    const server = await startAzurite()
    expect((await fetch(`${server.endpoint}/box?restype=container`)).status).toBe(403)
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
  })
})
