import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'

// RFC 8032, section 7.1, test 3.
const vector = {
  secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
  public: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  message: 'af82',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
}
// How RFC 8410 wraps the bytes of a key.
const privateDer = Buffer.from(`302e020100300506032b657004220420${vector.secret}`, 'hex')
const publicDer = Buffer.from(`302a300506032b6570032100${vector.public}`, 'hex')
const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

describe('Ed25519', () => {
  it('signs and verifies as RFC 8032 says', async () => {
    const signer = ed25519Signer(pem('PRIVATE KEY', privateDer))
    const trusted = ed25519TrustedKey(pem('PUBLIC KEY', publicDer))
    const message = Buffer.from(vector.message, 'hex')
    const signature = await signer.sign(message)
    expect(Buffer.from(signature).toString('hex')).toBe(vector.signature)
    expect(await trusted.verify(message, signature)).toBe(true)
    expect(trusted.keyId).toBe(signer.keyId)
    expect(signer.keyId).toMatch(/^ed25519:[0-9a-f]{32}$/)
  })

  it('does not believe a signature over other bytes, by another key, or of a wrong length', async () => {
    const [ours, others] = [generateSigningKey(), generateSigningKey()]
    const trusted = ed25519TrustedKey(ours.publicKey)
    const message = Buffer.from('content')
    const signature = await ed25519Signer(ours.privateKey).sign(message)
    expect(await trusted.verify(message, signature)).toBe(true)
    expect(await trusted.verify(Buffer.from('Content'), signature)).toBe(false)
    expect(await trusted.verify(message, await ed25519Signer(others.privateKey).sign(message))).toBe(false)
    expect(await trusted.verify(message, signature.subarray(1))).toBe(false)
    expect(await trusted.verify(message, new Uint8Array())).toBe(false)
  })

  it('makes another key each time, and tells its id from either half', () => {
    const key = generateSigningKey()
    expect(generateSigningKey().keyId).not.toBe(key.keyId)
    expect(ed25519Signer(key.privateKey).keyId).toBe(key.keyId)
    expect(ed25519TrustedKey(key.publicKey).keyId).toBe(key.keyId)
  })

  it('refuses what is no Ed25519 key, and never quotes it', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsaPem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const text of ['', 'hunter2', rsaPem]) {
      expect(() => ed25519Signer(text)).toThrow(new TypeError('This is no Ed25519 private key in PEM form'))
    }
    const rsaPublic = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(() => ed25519TrustedKey(rsaPublic)).toThrow('This is no Ed25519 public key in PEM form')
  })

  it('refuses a private key where the public one belongs', () => {
    expect(() => ed25519TrustedKey(generateSigningKey().privateKey)).toThrow('This is a private key')
  })

  it('agrees with node:crypto on what a signature is', async () => {
    const { privateKey, publicKey } = generateSigningKey()
    const bytes = Buffer.from('bytes')
    expect(Buffer.from(await ed25519Signer(privateKey).sign(bytes))).toEqual(sign(undefined, bytes, privateKey))
    expect(createPublicKey(publicKey).asymmetricKeyType).toBe('ed25519')
  })
})
