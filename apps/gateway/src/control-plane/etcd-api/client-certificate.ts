import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What a client certificate, which the server's authority has signed, says of gateway groups. */
export interface ClientCertificate {
  /** The groups that it names; usually one, or none. */
  readonly groups: readonly string[]
  /** In milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

/** Begins the URI among a certificate's subject alternative names that names a gateway group. */
const groupUri = 'URI:outlast:gateway-group:'

/** The certificate that the client of a connection has shown; `undefined` without one that was verified. */
export function clientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    return undefined
  }
  const certificate = socket.getPeerX509Certificate()
  return certificate && readClientCertificate(certificate)
}

export function readClientCertificate({ subjectAltName = '', validToDate }: X509Certificate): ClientCertificate {
  // Node.js writes a name that could be mistaken for several in quotes, with its commas escaped.
  const names = subjectAltName.split(', ')
  return {
    groups: names.flatMap((name) => (name.startsWith(groupUri) ? [name.slice(groupUri.length)] : [])),
    expiresAt: validToDate.getTime(),
  }
}
