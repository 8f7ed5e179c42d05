import type * as PerfHooks from 'node:perf_hooks'
import type * as Timers from 'node:timers/promises'
import type * as Zlib from 'node:zlib'
import { vi } from 'vitest'
import { inlineZlib } from './inline-zlib.ts'
import { standingTime } from './standing-time.ts'
import { watchedTimers } from './watched-timers.ts'

// Imported for its effect, before everything that is to have it.
vi.mock('node:zlib', async (original) => inlineZlib(await original<typeof Zlib>()))
vi.mock('node:perf_hooks', async (original) => standingTime(await original<typeof PerfHooks>()))
vi.mock('node:timers/promises', async (original) => watchedTimers(await original<typeof Timers>()))
