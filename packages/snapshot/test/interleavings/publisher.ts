import { diffEntries } from '../../src/diff/diff-entries.ts'
import { entrySet } from '../../src/entries/entry-set.ts'
import type { Position } from '../../src/format/position.ts'
import type { Publication } from '../../src/publish/publication.ts'
import { openStore, type Round, type Stage } from './actors.ts'
import type { RecordedSource, RecordedState } from './recorded-source.ts'
import { watchOf, type Followed } from './watch.ts'

export interface PublisherOptions {
  /** Goes by what it has followed, where it may. */
  readonly follows?: boolean | undefined
  readonly keepsSet?: boolean | undefined
  /** Rules to break. */
  readonly loadsFirst?: boolean | undefined
  readonly followsBlindly?: boolean | undefined
  readonly followsAcrossEpochs?: boolean | undefined
  readonly overlooksContradictions?: boolean | undefined
}

interface Reading {
  readonly followed: Followed
  readonly isLoaded: boolean
  /** Whether it shows that the source was started anew under its old identity. */
  readonly isAnew: boolean
}

/** Does as an exporter does: begins, then reads the source, judges, and publishes. */
export function publisher(stage: Stage, source: RecordedSource, options: PublisherOptions = {}): Round {
  const {
    follows = false,
    keepsSet = false,
    loadsFirst = false,
    followsBlindly = false,
    followsAcrossEpochs = false,
    overlooksContradictions = false,
  } = options
  const store = openStore(stage)
  const { life, scheduler, ledger } = stage
  const watch = watchOf(source, stage)
  let set = entrySet()
  // What was last published, and of which load.
  let confirmed: { readonly load: number; readonly commitId: string; readonly epoch: number } | undefined

  const load = async (): Promise<Followed> => {
    await scheduler.turn(life, 'asks the source', stage.delayMs('asks'))
    const state = source.state()
    await scheduler.turn(life, `has revision ${state.revision} of era ${state.era}`, stage.delayMs('has'))
    return watch.adopt(state)
  }

  const contradicts = async (publication: Publication, state: RecordedState): Promise<boolean> => {
    if (overlooksContradictions || publication.base?.source.identity !== state.identity) return false
    return (await publication.contradictions(state.resources, state.modified.resources)).length > 0
  }

  const isOfUse = async (publication: Publication, { state, load: from }: Followed): Promise<boolean> => {
    if (followsBlindly) return true
    const { base, knownRevision } = publication
    if (base === undefined || confirmed?.load !== from) return false
    if (base.source.identity !== state.identity || state.revision < base.position.revision) return false
    if (base.commitId === confirmed.commitId) return true
    if (base.position.epoch !== confirmed.epoch && !followsAcrossEpochs) return false
    if (state.revision < knownRevision) return false
    return !(await contradicts(publication, state))
  }

  const read = async (publication: Publication): Promise<Reading> => {
    const known = follows ? watch.current() : undefined
    if (known !== undefined && (await isOfUse(publication, known)))
      return { followed: known, isLoaded: false, isAnew: false }
    const followed = await load()
    const { state } = followed
    const isAnew = state.revision < publication.knownRevision || (await contradicts(publication, state))
    return { followed, isLoaded: true, isAnew }
  }

  return async () => {
    const early = loadsFirst ? await load() : undefined
    const publication = await store.begin()
    const reading = early === undefined ? await read(publication) : { followed: early, isLoaded: true, isAnew: false }
    const { state, load: from } = reading.followed
    const position = judge(publication, reading, scheduler.clock.now())
    if (position === 'held') {
      scheduler.note(`${life.name}: holds revision ${state.revision} of era ${state.era}`)
      ledger.held(life.name, publication.base, state)
      return
    }
    if (keepsSet) set = set.with(diffEntries([...set], state.resources))
    const draft = { entries: keepsSet ? set : state.resources, position, source: { identity: state.identity } }
    ledger.announced(draft, { era: state.era, isLoaded: reading.isLoaded })
    const result = await publication.publish(draft)
    scheduler.note(`${life.name}: ${result.status}`)
    if (result.status === 'published') ledger.reported(result.manifest)
    if (result.status === 'published' || result.status === 'unchanged')
      confirmed = { load: from, commitId: result.manifest.commitId, epoch: position.epoch }
    if (result.status === 'refused' && !loadsFirst)
      ledger.violate(`${life.name} was refused although it kept the order`)
  }
}

/** A source of another identity is accepted at once, as by an operator who does not look. */
function judge(publication: Publication, { followed, isAnew }: Reading, now: number): Position | 'held' {
  const { base } = publication
  const { identity, revision, resources } = followed.state
  const unixSeconds = Math.floor(now / 1000)
  if (base === undefined) return { epoch: unixSeconds, revision }
  const newEpoch = { epoch: Math.max(base.position.epoch + 1, unixSeconds), revision }
  if (base.source.identity !== identity) return newEpoch
  if (!isAnew) return { epoch: base.position.epoch, revision }
  return publication.matches(resources) ? newEpoch : 'held'
}
