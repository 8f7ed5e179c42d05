import { connect, type Socket } from 'node:net'

import { answerLimit, type AnswerEnding, type ChaosFault } from './chaos-fault.ts'
import { relay } from './relay.ts'

export interface ChaosConnectionOptions {
  readonly client: Socket
  readonly upstream: { readonly host: string; readonly port: number } | undefined
  readonly fault: ChaosFault
  /** The client has closed it, or it was reset. */
  onClosed(): void
  /** A fault that was to happen once has happened. */
  onSpent(): void
}

export interface ChaosConnection {
  setFault(fault: ChaosFault): void
  destroy(): void
}

/** One connection of a client through the proxy. */
export function chaosConnection(options: ChaosConnectionOptions): ChaosConnection {
  const { client } = options
  let { fault } = options
  let answering = true
  const server = options.upstream && connect({ ...options.upstream, allowHalfOpen: true })

  const endAnswer = (ending: AnswerEnding): void => {
    if (ending === 'black-hole') return // what waits is held
    answering = false
    if (ending === 'reset') client.resetAndDestroy()
    else client.end()
    if (ending === 'half-close') return
    requests.close()
    server?.destroy()
  }
  const isSilent = (): boolean => !answering || fault === 'black-hole' || answerLimit(fault)?.ending === 'black-hole'
  const requests = relay({
    fault,
    deliver(arrival) {
      if (typeof arrival !== 'string') server?.write(arrival)
      else if (arrival === 'end') server?.end()
      else server?.resetAndDestroy()
    },
  })
  const answers = relay({
    fault,
    deliver(arrival) {
      if (!answering) return
      if (typeof arrival === 'string') endAnswer(arrival === 'reset' ? 'reset' : 'half-close')
      else client.write(arrival)
    },
    limitOf: (current) => answerLimit(current)?.bytes ?? Infinity,
    onLimit() {
      const limit = answerLimit(fault)
      if (!answering || limit === undefined) return
      endAnswer(limit.ending)
      if (limit.once) options.onSpent()
    },
  })

  client.on('data', (bytes) => requests.receive(bytes))
  client.on('end', () => {
    options.onClosed()
    if (isSilent()) destroy()
    else requests.receive('end')
  })
  client.on('error', () => server?.resetAndDestroy())
  client.on('close', () => {
    options.onClosed()
    destroy()
  })
  server?.on('data', (bytes) => answers.receive(bytes))
  server?.on('end', () => answers.receive('end'))
  server?.on('error', () => answers.receive('reset'))

  const destroy = (): void => {
    requests.close()
    answers.close()
    client.destroy()
    server?.destroy()
  }
  const setFault = (next: ChaosFault): void => {
    fault = next
    if (next === 'cut' || next === 'half-close') endAnswer(next)
    if (next === 'reset' || next === 'refuse') endAnswer('reset')
    requests.setFault(next)
    answers.setFault(next)
  }
  setFault(fault)
  return { setFault, destroy }
}
