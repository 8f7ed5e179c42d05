/** An nginx of one worker that answers every request with as many bytes, without touching a disk. */
export function upstreamConfiguration(folder: string, port: number, bodyBytes: number): string {
  // A text of nginx has at most 4,096 characters.
  const body = '$kilobyte'.repeat(Math.floor(bodyBytes / 1024)) + 'a'.repeat(bodyBytes % 1024)
  const answer = `set $kilobyte ${'a'.repeat(1024)}; default_type text/plain; return 200 "${body}";`
  return configuration(folder, 'upstream', [
    `server { listen 127.0.0.1:${port} backlog=4096; location / { ${answer} } }`,
  ])
}

/** The same as a proxy: kept connections both ways, and what the other proxies add too. */
export function proxyConfiguration(folder: string, port: number, upstreamPort: number): string {
  return configuration(folder, 'proxy', [
    `upstream node { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 100000000; }`,
    `server { listen 127.0.0.1:${port} backlog=4096; location / { ${[
      'proxy_pass http://node;',
      'proxy_http_version 1.1;',
      'proxy_set_header Connection "";',
      'proxy_set_header Host $http_host;',
      'proxy_set_header X-Real-IP $remote_addr;',
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
    ].join(' ')} } }`,
  ])
}

function configuration(folder: string, name: string, parts: readonly string[]): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (each) => `${each}_temp_path ${folder}/${each};`,
  )
  return `
daemon off;
master_process off;
pid ${folder}/${name}.pid;
error_log ${folder}/${name}.log;
events { worker_connections 8192; }
http {
  ${paths.join('\n  ')}
  access_log off;
  keepalive_requests 100000000;
  ${parts.join('\n  ')}
}
`
}
