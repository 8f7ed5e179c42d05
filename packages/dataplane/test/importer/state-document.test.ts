import { expect, it } from 'vitest'
import { stateDocument } from './state-document.ts'

it('docs/data-plane-states.md shows the state machine as it is', async () => {
  await expect(stateDocument()).toMatchFileSnapshot('../../../../docs/data-plane-states.md')
})
