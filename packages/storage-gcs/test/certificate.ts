import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

const pem = (name: string) => readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

/** Of stand-ins for Google's servers: for 127.0.0.1 and oauth2.googleapis.com. */
export const certificate = { key: pem('server-key'), cert: pem('server') }

/** Lets this thread's connections trust the stand-ins; call the result to end that. */
export function trustCertificate(): () => void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, certificate.cert])
  return () => setDefaultCACertificates(before)
}
