import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'

const pathOf = (name: string) => fileURLToPath(new URL(`fixtures/tls/${name}.pem`, import.meta.url))

/** Of Azurite and of stand-ins for Microsoft's servers: for 127.0.0.1 and login.microsoftonline.com. */
export const certificatePaths = { certificatePath: pathOf('server'), keyPath: pathOf('server-key') }
export const certificate = {
  cert: readFileSync(certificatePaths.certificatePath, 'utf8'),
  key: readFileSync(certificatePaths.keyPath, 'utf8'),
}

/** Lets this thread's connections trust them; call the result to end that. */
export function trustCertificate(): () => void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, certificate.cert])
  return () => setDefaultCACertificates(before)
}
