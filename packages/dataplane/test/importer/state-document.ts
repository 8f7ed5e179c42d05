import { modeEvents, transitions, type DataPlaneMode, type ModeEvent } from '../../src/importer/mode.ts'
import { actions, rules } from '../../src/importer/rules.ts'

/** The state machine as a page of documentation, made from nothing but the machine itself. */
export function stateDocument(): string {
  return `# The states of a data plane

Made from the tables that the data plane itself goes by (\`packages/dataplane/src/importer/mode.ts\` and \`rules.ts\`); not
to be edited. \`npx vitest run packages/dataplane/test/importer/state-document.test.ts -u\` makes it again.

\`\`\`mermaid
stateDiagram-v2
  [*] --> starting
${arrows()
  .map(([from, to, events]) => `  ${from} --> ${to}: ${events.join(', ')}`)
  .join('\n')}
\`\`\`

What happens:

${Object.entries(modeEvents)
  .map(([event, meaning]) => `- \`${event}\`: ${meaning}`)
  .join('\n')}

What is done, whenever something may have changed; the first line that is true counts:

${rules.map(({ when, action }, index) => `${index + 1}. ${when}: \`${action}\``).join('\n')}

where

${Object.entries(actions)
  .map(([action, meaning]) => `- \`${action}\`: ${meaning}`)
  .join('\n')}
`
}

/** Leaving out what changes nothing. */
function arrows(): readonly (readonly [DataPlaneMode, DataPlaneMode, ModeEvent[]])[] {
  const found = new Map<string, readonly [DataPlaneMode, DataPlaneMode, ModeEvent[]]>()
  for (const from of modes) {
    for (const event of events) {
      const to = transitions[from][event]
      if (to === from) continue
      const arrow = found.get(`${from} ${to}`) ?? [from, to, []]
      arrow[2].push(event)
      found.set(`${from} ${to}`, arrow)
    }
  }
  return [...found.values()]
}

const modes: readonly DataPlaneMode[] = ['starting', 'live', 'holding', 'standalone']
const events: readonly ModeEvent[] = [
  'live-taken',
  'snapshot-taken',
  'live-lost',
  'live-refused',
  'live-removed',
  'operator-held',
]
