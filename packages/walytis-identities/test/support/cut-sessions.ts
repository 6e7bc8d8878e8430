import { ChannelClosedError, UnreachableError } from '../../src/errors.ts'
import type { Did } from '../../src/interface/did.ts'
import type { Channel, Sessions } from '../../src/interface/session.ts'

/** How many messages a pair of channels carries before it breaks, and whether what is on the way then arrives. */
export type Cut = () => { readonly after: number; readonly lost: boolean }

/** Two ends of `Sessions` in memory, whose channels break as `cut` says. The first opens; the second handles. */
export function cutSessions(cut: Cut, device: Did): { opener: Sessions; handler: Sessions; opened: () => number } {
  const handlers = new Map<string, (channel: Channel) => Promise<void>>()
  let opened = 0
  const rest = { connected: () => [], watch: () => () => undefined }
  const opener: Sessions = {
    ...rest,
    handle: () => () => undefined,
    open: async (_, protocol) => {
      const handler = handlers.get(protocol)
      if (handler === undefined) {
        throw new UnreachableError(device)
      }
      opened++
      const [mine, theirs] = pipes(cut(), device, protocol)
      handler(theirs).then(
        () => theirs.close(),
        (error: Error) => theirs.abort(error)
      )
      return mine
    }
  }
  const handler: Sessions = {
    ...rest,
    open: () => Promise.reject(new UnreachableError(device)),
    handle: (protocol, handle) => {
      handlers.set(protocol, handle)
      return () => handlers.delete(protocol)
    }
  }
  return { opener, handler, opened: () => opened }
}

function pipes({ after, lost }: ReturnType<Cut>, device: Did, protocol: string): [Channel, Channel] {
  let left = after
  const ends = [new End(device, protocol), new End(device, protocol)] as const
  const breaks = () => {
    for (const end of ends) {
      end.broken(lost)
    }
  }
  for (const [index, end] of ends.entries()) {
    end.other = ends[1 - index]
    end.breaks = breaks
    end.mayPass = () => left-- > 0
  }
  return [ends[0], ends[1]]
}

class End implements Channel {
  readonly protocol: string
  readonly device: Did
  readonly member: Did
  other: End | undefined
  breaks: () => void = () => undefined
  mayPass: () => boolean = () => true
  closed = false
  #queue: (Uint8Array | 'end')[] = []
  #failure: Error | undefined
  #wake: () => void = () => undefined

  constructor(device: Did, protocol: string) {
    this.device = device
    this.member = device
    this.protocol = protocol
  }

  async send(message: Uint8Array): Promise<void> {
    // as over a network: nothing arrives in the same turn
    await Promise.resolve()
    if (this.#failure !== undefined || this.closed) {
      throw this.#failure ?? new ChannelClosedError('closed')
    }
    if (!this.mayPass()) {
      this.breaks()
      throw new ChannelClosedError('cut')
    }
    this.other?.take(message.slice())
  }

  async *messages(): AsyncIterable<Uint8Array> {
    for (;;) {
      const next = this.#queue.shift()
      if (next === 'end') {
        return
      }
      if (next !== undefined) {
        yield next
        continue
      }
      if (this.#failure !== undefined) {
        throw this.#failure
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async close(): Promise<void> {
    if (!this.closed) {
      this.closed = true
      this.other?.take('end')
    }
  }

  abort(): void {
    this.breaks()
  }

  take(item: Uint8Array | 'end'): void {
    this.#queue.push(item)
    this.#wake()
  }

  broken(lost: boolean): void {
    this.#failure ??= new ChannelClosedError('cut')
    if (lost) {
      this.#queue = this.#queue.filter((item) => item === 'end')
    }
    this.#wake()
  }
}
