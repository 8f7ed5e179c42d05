import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { requireServer } from './server-catalogue.ts'
import { startInScratchFolder } from './start-in-scratch-folder.ts'
import { startServerProcess } from './server-process.ts'
import { waitUntilReady } from './wait-until-ready.ts'

export interface Nginx {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly pid: number
  requests(): Promise<NginxRequests>
  stop(): Promise<void>
}

/**
 * What it has seen, in the order in which it ended: `METHOD target body`, one character per byte, the body as JSON has it
 * in a string.
 */
export interface NginxRequests {
  /** Read to their end. */
  readonly finished: readonly string[]
  /** The connection ended in the middle of the body; with what had come of it. */
  readonly unfinished: readonly string[]
  /** Anything else: what it could not read, as it says so itself. */
  readonly refused: readonly string[]
}

// A request whose head it takes has somewhere to go. It answers 400 to one that breaks off, as to what is malformed.
const finished = '204 taken '
const unfinished = '400 taken '
/** What tells the two apart, among its errors. */
const malformedBody = 'client sent invalid chunked body'

/** Starts an nginx that reads the body of every request and answers 204. Resolves when it answers. */
export async function startNginx(): Promise<Nginx> {
  requireServer('nginx')
  return await startInScratchFolder('nginx', async (scratch) => {
    const log = join(scratch.path, 'requests.log')
    const errors = join(scratch.path, 'errors.log')
    const port = await freePort()
    const sink = await freePort()
    await writeFile(join(scratch.path, 'nginx.conf'), configuration(scratch.path, port, sink))
    const server = await startServerProcess(
      'nginx',
      ['-p', scratch.path, '-e', errors, '-c', join(scratch.path, 'nginx.conf')],
      { scratchPath: scratch.path },
    )
    const endpoint = `http://127.0.0.1:${port}`
    // Not at the endpoint: what it tells must not begin with this.
    await waitUntilReady(server, 'nginx', async () => (await fetch(`http://127.0.0.1:${sink}/`)).status === 204)
    return {
      endpoint,
      pid: server.pid,
      async requests() {
        const lines = (await readFile(log, 'latin1')).split('\n').slice(0, -1)
        const after = (start: string) =>
          lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length))
        return {
          finished: after(finished),
          unfinished: after(unfinished),
          refused: [
            ...lines.filter((line) => !line.startsWith(finished) && !line.startsWith(unfinished)),
            ...(await readFile(errors, 'latin1')).split('\n').filter((line) => line.includes(malformedBody)),
          ],
        }
      },
      async stop() {
        await server.end()
        await scratch.remove()
      },
    }
  })
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
error_log ${folder}/errors.log info;
events { worker_connections 4096; }
http {
  ${paths.join('\n  ')}
  log_format taken escape=json '$status taken $request_method $request_uri $request_body';
  log_format refused escape=json '$status refused $request_method $request_uri $request_body';
  access_log off;
  keepalive_requests 1000000;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    access_log ${folder}/requests.log refused;
    location / {
      access_log ${folder}/requests.log taken;
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
