import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { scratchFolder } from './scratch-folder.ts'
import { requireServer } from './server-catalogue.ts'
import { startServerProcess } from './server-process.ts'
import { startWithRetries, waitUntilReady } from './wait-until-ready.ts'

export interface Nginx {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly pid: number
  /**
   * A line for every request that it has read to its end, in the order in which they ended: `METHOD target body`, one
   * character per byte, the body as JSON has it in a string.
   */
  requests(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Starts an nginx that reads the body of every request and answers 204. Resolves when it answers. */
export async function startNginx(): Promise<Nginx> {
  requireServer('nginx')
  const scratch = await scratchFolder('nginx')
  const log = join(scratch.path, 'requests.log')
  try {
    return await startWithRetries(async () => {
      const port = await freePort()
      const sink = await freePort()
      await writeFile(join(scratch.path, 'nginx.conf'), configuration(scratch.path, port, sink))
      const server = await startServerProcess(
        'nginx',
        ['-p', scratch.path, '-e', join(scratch.path, 'errors.log'), '-c', join(scratch.path, 'nginx.conf')],
        { scratchPath: scratch.path },
      )
      const endpoint = `http://127.0.0.1:${port}`
      await waitUntilReady(server, 'nginx', async () => (await fetch(`${endpoint}/ready`)).status === 204)
      await writeFile(log, '')
      return {
        endpoint,
        pid: server.pid,
        async requests() {
          const lines = (await readFile(log, 'latin1')).split('\n')
          return lines.filter((line) => line.startsWith('204 ')).map((line) => line.slice(4))
        },
        async stop() {
          await server.end()
          await scratch.remove()
        },
      }
    })
  } catch (error) {
    await scratch.remove()
    throw error
  }
}

/** It hands every request on to itself: only so does it read a body to its end. */
function configuration(folder: string, port: number, sink: number): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  ${paths.join('\n  ')}
  log_format request escape=json '$status $request_method $request_uri $request_body';
  access_log off;
  keepalive_requests 1000000;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    access_log ${folder}/requests.log request;
    location / {
      proxy_pass http://127.0.0.1:${sink};
      proxy_http_version 1.1;
    }
  }
  server {
    listen 127.0.0.1:${sink};
    location / { return 204; }
  }
}
`
}
