import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import type { Channel, Did, Sessions } from 'walytis-identities'
import { EXCHANGE_PROTOCOL } from '../constants.ts'
import { ExchangeError } from '../errors.ts'
import { answer, type Servable } from './answer.ts'
import { Holders } from './holders.ts'
import { MAX_IDS_PER_MESSAGE, OFFER_DELAY, RECEIVE_WINDOW } from './limits.ts'
import { Link } from './link.ts'
import { decodeMessage, encodeMessage, type Item, type Message } from './messages.ts'
import { keepOpen, type Opening } from './opening.ts'
import { Wants } from './step.ts'

export interface ExchangeComponents {
  readonly sessions: Pick<Sessions, 'open' | 'handle' | 'connected' | 'watch'>
  /** The device of this node. */
  readonly self: Did
  entitled(device: Did, epoch: BlockId): Promise<boolean>
  /** The envelope that is held for a block, and its epoch. */
  find(block: BlockId): Promise<Servable | undefined>
  /** Check and keep what a device gave. Resolves once that is durable; never throws for what the bytes are. */
  receive(device: Did, item: Item): Promise<void>
  /** A device says that it has contents. */
  offered(device: Did, blocks: readonly string[]): void
  /** Something failed that nobody waits for. */
  failed(error: unknown): void
  now(): number
}

/**
 * Hands envelopes to entitled devices and gets the missing ones from them: docs/protocol.md §5. Owns the links and the timers; whom to ask is
 * decided by `Wants`, what is right by whoever implements `receive`.
 */
export class Exchange {
  readonly #components: ExchangeComponents
  readonly #links = new Map<Did, Link>()
  readonly #asked = new Map<Did, BlockId[]>()
  readonly #wants = new Wants()
  readonly #holders = new Holders()
  readonly #acknowledgements = new Map<Did, BlockId[]>()
  readonly #offers: { block: BlockId; epoch: BlockId }[] = []
  #opening: Opening | undefined
  #unhandle: (() => void) | undefined
  #stepTimer: ReturnType<typeof setTimeout> | undefined
  #offerTimer: ReturnType<typeof setTimeout> | undefined
  #receiving = 0
  #stepping = false
  #stopped = false

  constructor(components: ExchangeComponents) {
    this.#components = components
  }

  start(): void {
    const { sessions, self, now } = this.#components
    this.#unhandle = sessions.handle(EXCHANGE_PROTOCOL, async (channel) => await this.#attach(channel, false))
    this.#opening = keepOpen({
      sessions,
      self,
      protocol: EXCHANGE_PROTOCOL,
      isUp: (device) => this.#links.get(device)?.up === true || this.#wants.banned(device, now()),
      attach: (channel) => void this.#attach(channel, true)
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unhandle?.()
    this.#opening?.stop()
    clearTimeout(this.#stepTimer)
    clearTimeout(this.#offerTimer)
    await Promise.all([...this.#links.values()].map(async (link) => await link.close()))
  }

  /** Give an envelope that this node has just made to all connected devices that may have it. */
  async push(block: BlockId, epoch: BlockId, envelope: Uint8Array): Promise<void> {
    const links = [...this.#links.values()].filter((link) => link.up)
    if (links.length === 0) return
    const frame = encodeMessage({ kind: 'give', items: [{ block, envelope }], missing: [] })
    await Promise.all(
      links.map(async (link) => {
        if (await this.#components.entitled(link.device, epoch)) link.push(frame)
      })
    )
  }

  /** Ask for the content of a block, after `grace` milliseconds. */
  want(block: BlockId, grace: number): void {
    const key = block.toString()
    this.#wants.want(key, this.#components.now() + grace, this.#holders.of(key))
    this.#stepSoon()
  }

  /** Whether the content of a block is asked for. */
  wants(block: BlockId): boolean {
    return this.#wants.has(block.toString())
  }

  /** The content of a block is no longer wanted. */
  drop(block: BlockId): void {
    this.#wants.drop(block.toString())
  }

  /** An envelope that a device gave is checked and on disk: thank that one, offer it to the others. */
  obtained(block: BlockId, epoch: BlockId, from: Did): void {
    this.acknowledge(block, from)
    this.offer(block, epoch)
  }

  /** Tell devices that may have it and are not known to that this node has the content of a block. */
  offer(block: BlockId, epoch: BlockId): void {
    if (this.#stopped) return
    this.#offers.push({ block, epoch })
    this.#offerTimer ??= setTimeout(() => this.#background(this.#sendOffers()), OFFER_DELAY)
  }

  /** Tell a device that the envelope it gave is here. */
  acknowledge(block: BlockId, from: Did): void {
    this.#wants.drop(block.toString())
    this.#holders.add(block.toString(), from)
    if (this.#acknowledgements.size === 0) queueMicrotask(() => this.#sendAcknowledgements())
    const blocks = this.#acknowledgements.get(from)
    if (blocks === undefined) this.#acknowledgements.set(from, [block])
    else blocks.push(block)
    this.#stepSoon()
  }

  /** A device gave bytes that are not what the chain says. */
  wrong(block: BlockId, from: Did): void {
    if (this.#wants.wrong(from, block.toString(), this.#components.now())) {
      this.#links.get(from)?.abort(new ExchangeError('wrong-contents'))
    }
    this.#stepSoon()
  }

  /** Whether a device gave so much that was wrong that it is not spoken with for a while. */
  banned(device: Did): boolean {
    return this.#wants.banned(device, this.#components.now())
  }

  /** Devices known to have the content of a block. */
  holders(block: BlockId): Did[] {
    return this.#holders.of(block.toString())
  }

  async #attach(channel: Channel, mine: boolean): Promise<void> {
    const { device } = channel
    if (this.#stopped || this.#wants.banned(device, this.#components.now())) {
      channel.abort(new ExchangeError('not-spoken-with'))
      return
    }
    await this.#link(device).attach(channel, mine)
  }

  #link(device: Did): Link {
    const known = this.#links.get(device)
    if (known !== undefined) return known
    const link: Link = new Link(this.#components.self, device, {
      frame: async (bytes) => await this.#frame(link, bytes),
      state: (up) => this.#linkState(device, up)
    })
    this.#links.set(device, link)
    return link
  }

  #linkState(device: Did, up: boolean): void {
    if (up) this.#wants.up(device, this.#components.now())
    else {
      this.#wants.down(device)
      this.#asked.delete(device)
      this.#opening?.lost(device)
    }
    this.#stepSoon()
  }

  async #frame(link: Link, bytes: Uint8Array): Promise<void> {
    if (this.#stopped) return
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) throw new ExchangeError(decoded.rule)
    const { message } = decoded
    if (message.kind === 'want') return this.#asks(link, message.blocks)
    const keys = (message.kind === 'have' ? message.blocks : message.missing).map((block) => block.toString())
    if (message.kind === 'have') {
      for (const key of keys) this.#holders.add(key, link.device)
      this.#wants.offered(link.device, keys, this.#components.now())
      this.#components.offered(link.device, keys)
    } else {
      this.#wants.refused(link.device, keys)
      await this.#receive(link, message.items)
    }
    this.#stepSoon()
  }

  /** What comes is written many at a time; only a device that is ahead of the disk by a good deal has to wait. */
  async #receive(link: Link, items: readonly Item[]): Promise<void> {
    const size = items.reduce((sum, item) => sum + item.envelope.length, 0)
    this.#receiving += size
    const received = Promise.all(items.map(async (item) => await this.#components.receive(link.device, item)))
    const done = received.finally(() => (this.#receiving -= size))
    if (this.#receiving > RECEIVE_WINDOW) await done
    else this.#background(done)
  }

  /** Answers are made beside the reading of further messages, so that two devices that ask each other much don't stand still. */
  #asks(link: Link, blocks: readonly BlockId[]): void {
    const waiting = this.#asked.get(link.device)
    if (waiting !== undefined) {
      // More than an honest device asks for at a time stays without an answer.
      if (waiting.length <= 4 * MAX_IDS_PER_MESSAGE) waiting.push(...blocks)
      return
    }
    const queue = [...blocks]
    this.#asked.set(link.device, queue)
    const answering = answer(queue, {
      find: async (block) => await this.#components.find(block),
      entitled: async (epoch) => await this.#components.entitled(link.device, epoch),
      send: async (message) => await link.send(encodeMessage(message))
    })
    this.#background(answering.finally(() => this.#asked.get(link.device) === queue && this.#asked.delete(link.device)))
  }

  #sendAcknowledgements(): void {
    for (const [device, blocks] of this.#acknowledgements) this.#have(device, blocks)
    this.#acknowledgements.clear()
  }

  async #sendOffers(): Promise<void> {
    this.#offerTimer = undefined
    const offers = this.#offers.splice(0)
    for (const link of this.#links.values()) {
      if (!link.up) continue
      const blocks: BlockId[] = []
      const entitled = new Map<string, boolean>()
      for (const { block, epoch } of offers) {
        if (this.#holders.has(block.toString(), link.device)) continue
        const key = epoch.toString()
        const may = entitled.get(key) ?? (await this.#components.entitled(link.device, epoch))
        entitled.set(key, may)
        if (may) blocks.push(block)
      }
      this.#have(link.device, blocks)
    }
  }

  #have(device: Did, blocks: BlockId[]): void {
    for (let start = 0; start < blocks.length; start += MAX_IDS_PER_MESSAGE) {
      this.#send(device, { kind: 'have', blocks: blocks.slice(start, start + MAX_IDS_PER_MESSAGE) })
    }
  }

  #send(device: Did, message: Message): void {
    this.#links.get(device)?.push(encodeMessage(message))
  }

  /** One step for all events of this turn. */
  #stepSoon(): void {
    if (this.#stepping || this.#stopped) return
    this.#stepping = true
    queueMicrotask(() => {
      this.#stepping = false
      this.#step()
    })
  }

  #step(): void {
    clearTimeout(this.#stepTimer)
    if (this.#stopped) return
    const now = this.#components.now()
    for (const { device, blocks } of this.#wants.step(now)) {
      this.#send(device as Did, { kind: 'want', blocks: blocks.map((block) => CID.parse(block)) })
    }
    const next = this.#wants.nextStep(now)
    if (next !== undefined) this.#stepTimer = setTimeout(() => this.#step(), Math.max(1, next - now))
  }

  #background(task: Promise<unknown>): void {
    task.catch((error: unknown) => this.#components.failed(error))
  }
}
