import type { Position } from '@outlast/snapshot'

/** The floor of one domain of one store. */
export interface DomainFloor {
  readonly position: Position
  /** Digests of manifests that were in effect here, newest last. */
  readonly served: readonly string[]
}

/** What this node does not go below when it reads one store. */
export interface StoreFloor {
  readonly store: string
  readonly group: string
  readonly resources: DomainFloor
  /** Absent while no instance snapshot was in effect. */
  readonly instance?: DomainFloor | undefined
  /** When it rose the last time, in milliseconds since the Unix epoch. */
  readonly raisedAt: number
}

export function formatFloors(floors: readonly StoreFloor[]): string {
  return `${JSON.stringify({ format: 1, floors })}\n`
}

/** Throws a `SyntaxError` when the text is none of ours. */
export function parseFloors(text: string): StoreFloor[] {
  const data: unknown = JSON.parse(text)
  if (!isObject(data) || data['format'] !== 1 || !Array.isArray(data['floors'])) throw notOurs()
  return data['floors'].map((value: unknown) => {
    if (!isObject(value)) throw notOurs()
    return {
      store: textOf(value['store']),
      group: textOf(value['group']),
      resources: domainFloorOf(value['resources']),
      instance: value['instance'] === undefined ? undefined : domainFloorOf(value['instance']),
      raisedAt: numberOf(value['raisedAt']),
    }
  })
}

function domainFloorOf(value: unknown): DomainFloor {
  if (!isObject(value) || !isObject(value['position']) || !Array.isArray(value['served'])) throw notOurs()
  const { epoch, revision } = value['position']
  return {
    position: { epoch: numberOf(epoch), revision: numberOf(revision) },
    served: value['served'].map((digest: unknown) => textOf(digest)),
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw notOurs()
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw notOurs()
  return value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function notOurs(): SyntaxError {
  return new SyntaxError('the note about floors cannot be understood')
}
