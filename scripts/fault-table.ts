/**
 * Writes `docs/storage-faults.md`: what each adapter makes of servers and networks that misbehave, as tried just now.
 *
 *   npm run docs:faults
 */
import { writeFile } from 'node:fs/promises'
import { adapters } from './fault-table/adapters.ts'
import { faultTable } from './fault-table/fault-table.ts'
import { runCases } from './fault-table/run-cases.ts'

const introduction = `# What adapters make of servers that misbehave

Made by \`npm run docs:faults\`, which tries each of these with each adapter; not to be edited. The cases are those of
the [test kit](../packages/storage-testkit), which every adapter can be put through (\`storageConformance({ faults })\`).
A case makes one call of each kind that it concerns, all at the same time (\`get\`, \`put\`, \`put\` with \`ifAbsent\`,
\`list\`, \`delete\`; faults in a body concern \`get\` and \`list\` only), through a connection without TLS.

- **error** and **retryable**: what the calls reject with ([the codes](../packages/storage)). Where calls differ, they are
  named.
- **ends**: the slowest call. Where nothing but the deadline can end it, the adapter was given a short one.
- **left open**: timers, sockets and whatever else keeps Node.js running, that were there two seconds after the case
  and not before it, and connections that the server saw open.

Each adapter goes through all of its cases in one process, which has to be alive at the end; otherwise there would be no table.
`

const sections: string[] = []
let problems = 0
for (const name of Object.keys(adapters)) {
  const results = await runCases(name)
  for (const { name: fault, problems: found, leftOpen } of results) {
    const all = [...found, ...leftOpen.map((resource) => `left a ${resource} open`)]
    for (const problem of all) console.error(`${name}, a server that ${fault}: ${problem}`)
    problems += all.length
  }
  sections.push(`\n## ${name}\n\n${faultTable(results)}`)
  console.log(`${name}: ${results.length} faults`)
}
await writeFile(new URL('../docs/storage-faults.md', import.meta.url), introduction + sections.join(''))
process.exitCode = problems === 0 ? 0 : 1
