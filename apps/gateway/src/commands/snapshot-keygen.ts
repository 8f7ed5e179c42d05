import { rm } from 'node:fs/promises'
import { Argument, Command } from 'commander'
import { generateSealingSecret, generateSigningKey, localSealingKey } from '@outlast/snapshot'
import { writePrivateFile } from '../snapshot/write-private-file.ts'

export function snapshotKeygenCommand(): Command {
  return new Command('keygen')
    .description('Make a key that snapshots are signed or sealed with, as a file for its owner only.')
    .addArgument(new Argument('<purpose>', 'what it is for').choices(['signing', 'sealing']))
    .requiredOption('-o, --output <file>', 'the private key or secret; a public key goes into <file>.pub')
    .option('--json', 'for machines')
    .addHelpText('after', help)
    .action(async (purpose: 'signing' | 'sealing', { output, json }: { output: string; json?: true }) => {
      const made = await (purpose === 'signing' ? makeSigningKey(output) : makeSealingKey(output))
      const { keyId, publicKey = '' } = made
      process.stdout.write(json ? `${JSON.stringify(made, undefined, 2)}\n` : `${keyId}\n${publicKey}`)
    })
}

const help = `
signing  Ed25519: <file> signs (--signing-key), and <file>.pub is what readers trust (--trusted-key). Make one for the
         exporter and one for operators, and keep the latter away from the control plane.
sealing  32 random bytes in base64url: seals and opens (--sealing-key). Without it what it sealed is lost.
No file is overwritten.`

/** What everybody may know of a key. */
interface MadeKey {
  readonly keyId: string
  readonly publicKey?: string
}

async function makeSigningKey(output: string): Promise<MadeKey> {
  const { keyId, privateKey, publicKey } = generateSigningKey()
  await writePrivateFile(output, privateKey, { option: '--output', mustBeNew: true })
  try {
    await writePrivateFile(`${output}.pub`, publicKey, { option: '--output', mustBeNew: true, isPublic: true })
  } catch (error) {
    // Half of a pair is of no use, and would be in the way of the next attempt.
    await rm(output)
    throw error
  }
  return { keyId, publicKey }
}

async function makeSealingKey(output: string): Promise<MadeKey> {
  const secret = generateSealingSecret()
  await writePrivateFile(output, `${secret}\n`, { option: '--output', mustBeNew: true })
  return { keyId: localSealingKey(secret).keyId }
}
