// Time for tests. Nothing here is published.
export { HandClock, type TurnOptions } from './hand-clock.ts'
export { settled } from './settled.ts'
export { until } from './until.ts'
