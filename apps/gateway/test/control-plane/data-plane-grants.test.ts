import { systemClock } from '@outlast/snapshot'
import { expect, it } from 'vitest'

import { grantsReader } from '../../src/control-plane/data-plane-grants.ts'
import { newDataPlaneToken, registerGroup, tokenKey } from '../../src/control-plane/gateway-groups.ts'
import { put, scratchStore } from './scratch-store.ts'

it.each(['', 'no JSON', 'null', '[]', '{}', '{"sha256":1}', '{"sha256":"no digest"}', '{"sha256":""}'])(
  'A damaged digest of a token, such as %j, lets nobody in and keeps out nobody else',
  async (damaged) => {
    const store = await scratchStore()
    const { token, kept } = newDataPlaneToken()
    await registerGroup(store, 'edge', systemClock)
    await put(store, tokenKey('damaged'), damaged)
    const modRevision = await put(store, tokenKey('edge'), kept)
    const grants = await grantsReader({ store, clock: systemClock }).now()
    expect(grants.ofToken(token)).toEqual({ group: 'edge', modRevision })
    for (const wrong of ['', damaged]) {
      expect(grants.ofToken(wrong)).toBeUndefined()
    }
  },
)
