/** A Host without its port. */
export function withoutPort(host: string): string {
  return host.includes(':') ? host.replace(/:\d*$/, '') : host
}
