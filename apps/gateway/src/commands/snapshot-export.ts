import { randomBytes } from 'node:crypto'
import { Option, type Command } from 'commander'
import { entryKey, type Entry, type Manifest } from '@outlast/snapshot'
import { apisixDocument, apisixYaml, type ApisixDocument } from '@outlast/snapshot/apisix'
import { revealEntries } from '../snapshot/group-cipher.ts'
import { secretMask } from '../snapshot/mask-secrets.ts'
import { printable, readableCounts } from '../snapshot/readable.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'
import { writePrivateFile } from '../snapshot/write-private-file.ts'
import { UserError } from '../user-error.ts'

interface ExportFlags {
  readonly format: 'json' | 'apisix-yaml' | 'apisix-json'
  readonly output?: string
  readonly reveal?: true
}

export function snapshotExportCommand(): Command {
  return snapshotSubcommand('export', 'Turn a snapshot into one file; secrets are masked unless --reveal is given.')
    .argument('<sequence>', 'number of a snapshot, or latest')
    .addOption(
      new Option('--format <format>', 'apisix-… for a stock APISIX in standalone mode')
        .choices(['json', 'apisix-yaml', 'apisix-json'])
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'write there, for its owner only, instead of to standard output')
    .option('--reveal', 'write secrets in clear, encrypted ones decrypted')
    .action(async (reference: string, flags: ExportFlags, command: Command) => {
      await runOnStore(command, async (session) => {
        if (session.json && flags.output === undefined && flags.format === 'apisix-yaml') {
          throw new UserError('--json: with this format it needs --output, because the file itself is no JSON')
        }
        const manifest = await session.resolve(reference)
        if (flags.format !== 'json' && manifest.domain === 'instance') {
          throw new UserError('--format: the instance domain has no APISIX form; use json')
        }
        await exportSnapshot(session, manifest, flags)
      })
    })
}

async function exportSnapshot(session: SnapshotSession, manifest: Manifest, flags: ExportFlags): Promise<void> {
  const { format, output, reveal = false } = flags
  const loaded = await session.store.load(manifest, { signal: session.signal })
  const mask = secretMask(unguessable)
  const masked = loaded.entries.map((entry) => mask.entry(entry))
  const secrets = mask.replaced()
  const entries = (reveal ? await revealEntries(session, loaded.entries) : masked).toSorted(byKey)
  const text =
    format === 'json'
      ? `${JSON.stringify({ masked: reveal ? 0 : secrets, manifest, entries }, undefined, 2)}\n`
      : apisixText(session, apisixDocument(entries), format)
  session.progress.clear()
  if (output === undefined) process.stdout.write(text)
  else await writePrivateFile(output, text, { option: '--output' })
  if (session.json && output !== undefined) {
    session.printJson({ sequence: manifest.sequence, format, file: output, masked: reveal ? 0 : secrets })
  }
  const place = output ?? 'the output'
  if (secrets === 0) return
  session.note(
    reveal
      ? `warning: ${place} holds values that look secret, in clear: ${secrets}`
      : `masked values that look secret: ${secrets}; ${place} is not to run from, --reveal writes them in clear`,
  )
}

function apisixText(session: SnapshotSession, document: ApisixDocument, format: 'apisix-yaml' | 'apisix-json'): string {
  const { lists, leftOut, substituted } = document
  if (Object.keys(leftOut).length > 0) {
    session.note(`warning: left out, because APISIX has no place for it: ${printable(readableCounts(leftOut))}`)
  }
  if (substituted > 0) {
    session.note(
      `warning: ${substituted} entries hold a "\${{", which APISIX may replace from its environment (older ones in apisix.yaml, all in apisix.json)`,
    )
  }
  return format === 'apisix-yaml' ? apisixYaml(lists) : `${JSON.stringify(lists, undefined, 2)}\n`
}

// Somebody may start a gateway from a masked file: then nobody must know the keys in it.
function unguessable(): string {
  return `masked-${randomBytes(18).toString('base64url')}`
}

function byKey(left: Entry, right: Entry): number {
  const [a, b] = [entryKey(left), entryKey(right)]
  return a < b ? -1 : Number(a > b)
}
