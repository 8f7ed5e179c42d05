import type { Clock, Logger } from '@outlast/snapshot'
import type { FastifyReply } from 'fastify'

import type { ConfigStore, KeySpan } from '../store/config-store.ts'
import { headerJson } from './answer-json.ts'
import { EtcdError } from './etcd-error.ts'
import { eventText } from './event-text.ts'
import { frameWriter, type FrameWriter } from './frame-writer.ts'
import { isWithin, type GroupAccess } from './group-access.ts'
import { asFields, booleanField, field, integerField, refuseUnsupported, spanField } from './request-fields.ts'

export interface WatchCall {
  readonly store: ConfigStore
  readonly access: GroupAccess
  readonly body: unknown
  readonly reply: FastifyReply
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly clock: Clock
  readonly progressIntervalMs: number
  readonly stalledAfterMs: number
}

interface CreateRequest {
  readonly keys: KeySpan
  readonly startRevision: number
  readonly watchId: number
  readonly progressNotify: boolean
}

/**
 * `POST /v3/watch`: one watch per request, as a stream of frames until the client leaves, its access
 * is taken away, or `signal` fires.
 * The history in the store is the buffer: the next events are read when the connection has taken the last ones.
 */
export async function watch(call: WatchCall): Promise<void> {
  const { store, access, reply, logger, stalledAfterMs } = call
  const request = parseCreateRequest(call.body)

  const left = new AbortController()
  const signal = AbortSignal.any([call.signal, left.signal])
  const response = reply.hijack().raw
  response.once('close', () => {
    left.abort()
  })
  // A data plane whose host vanished sends nothing; the kernel's probes find out.
  response.socket?.setKeepAlive(true, 15_000)
  // The connection ends with the watch: nobody waits for an idle one when the server closes.
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })

  const writer = frameWriter({
    response,
    clock: call.clock,
    stalledAfterMs,
    onStalled: () => {
      logger.warn({ remoteAddress: reply.request.ip, stalledAfterMs }, 'watch cut: its reader takes nothing')
    },
  })
  try {
    const refusal = refusalOf(request, access)
    if (refusal === undefined) {
      await follow({ ...call, request, writer, signal })
    } else {
      const header = headerJson(await store.identity({ signal }), await store.revision({ signal }))
      await writer.write(JSON.stringify({ result: { header, watch_id: '-1', created: true, ...refusal } }))
    }
    response.end()
  } catch (error) {
    if (!signal.aborted) {
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'watch ended by an error')
    }
    // Never a clean end: the client must not take a broken stream for a complete one.
    response.destroy()
  }
}

const denied = {
  canceled: true,
  cancel_reason: 'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
}

/** Why nothing is watched, as etcd words it. */
function refusalOf({ keys }: CreateRequest, { span }: GroupAccess): object | undefined {
  if (!isWithin(keys, span)) {
    return denied
  }
  return keys.from >= keys.to ? { canceled: true, cancel_reason: 'mvcc: watcher range is empty' } : undefined
}

async function follow(
  options: Pick<WatchCall, 'store' | 'access' | 'progressIntervalMs'> & {
    readonly request: CreateRequest
    readonly writer: FrameWriter
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { store, access, request, writer, signal, progressIntervalMs } = options
  const identity = await store.identity({ signal })
  const revision = await store.revision({ signal })
  const startRevision = request.startRevision > 0 ? request.startRevision : revision + 1
  const resultAt = (atRevision: number): object => ({
    header: headerJson(identity, atRevision),
    ...(request.watchId === 0 ? {} : { watch_id: String(request.watchId) }),
  })
  const frame = (atRevision: number, content: object): string =>
    JSON.stringify({ result: { ...resultAt(atRevision), ...content } })
  await writer.write(frame(revision, { created: true }))

  // Frames keep their order, so progress may be claimed up to what was handed to the writer.
  let handedOver = startRevision > revision ? revision : undefined
  let isReporting = false
  const reportProgress = async (revisionReached: number): Promise<void> => {
    isReporting = true
    await writer.write(frame(revisionReached, {}))
    isReporting = false
  }
  const progress = request.progressNotify
    ? setInterval(() => {
        // While the reader takes nothing, one report waits for it and no more.
        if (handedOver !== undefined && !isReporting) {
          void reportProgress(handedOver)
        }
      }, progressIntervalMs)
    : undefined
  try {
    for await (const batch of store.watch({ keys: request.keys, startRevision, signal })) {
      if (batch.type === 'compacted') {
        await writer.write(frame(0, { canceled: true, compact_revision: String(batch.compactRevision) }))
        return
      }
      // Whatever takes the access away is a change of the store too, and so comes by here.
      if (!(await access.isGranted(batch.revision, signal))) {
        await writer.write(frame(batch.revision, denied))
        return
      }
      handedOver = batch.revision
      if (batch.events.length > 0) {
        const head = JSON.stringify(resultAt(batch.revision)).slice(0, -1)
        const texts = batch.events.flatMap((event, n) => (n === 0 ? [eventText(event)] : [',', eventText(event)]))
        await writer.write(`{"result":${head},"events":[`, ...texts, ']}}')
      }
    }
  } finally {
    clearInterval(progress)
  }
}

function parseCreateRequest(body: unknown): CreateRequest {
  const create = field(asFields(body ?? {}), 'create_request')
  if (create === undefined || create === null) {
    throw new EtcdError('unimplemented', 'only create_request is supported, one per request')
  }
  const fields = asFields(create)
  refuseUnsupported(fields, ['prev_kv'])
  const filters = field(fields, 'filters')
  if (filters !== undefined && !(Array.isArray(filters) && filters.length === 0)) {
    throw new EtcdError('unimplemented', 'filters is not supported')
  }
  return {
    keys: spanField(fields),
    startRevision: integerField(fields, 'start_revision'),
    watchId: integerField(fields, 'watch_id'),
    progressNotify: booleanField(fields, 'progress_notify'),
  }
}
