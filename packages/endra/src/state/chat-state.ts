/**
 * What a profile has read of a chat, how far its own messages have come, and its draft. Kept by each device, and told to the others by signals:
 * latest only, so nobody is told of each message. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { MAX_FRONTIER, MAX_UNREAD, TOPIC_MESSAGE } from '../constants.ts'
import { decodeMessage } from '../content/format.ts'
import { mentionsOf } from '../content/metadata.ts'
import type { Message, Receipts } from '../interface/index.ts'
import type { DraftMark, StateSignal } from '../signals/format.ts'
import type { SignalSource } from '../signals/signals.ts'
import { covers, type Frontier, isSame, union } from './frontier.ts'
import type { MarksStore } from './marks-store.ts'

/** What the state of a chat stands on. */
export interface ChatStateInit {
  readonly me: Did
  readonly group: Pick<Group, 'members'>
  readonly sealed: Pick<PrivateBlockchain, 'get' | 'holders'>
  readonly chain: Pick<MutableBlockchain, 'blocks' | 'heads' | 'isAncestor'>
  readonly store: MarksStore
  /** Whether the profile wants not to see a message. */
  isHidden(id: string, author: string): boolean
}

/** How many numbers are set aside by one write. */
const NUMBERS_SET_ASIDE = 1_000

/** What has not been read, by id: a message may be counted before its event comes. */
interface Unread {
  readonly ids: ReadonlySet<string>
  readonly mentioned: ReadonlySet<string>
}

/** What a signal changed. */
export interface StateChange {
  /** What this profile has read, or its draft. */
  readonly own: boolean
  /** What another member has or has read. */
  readonly receipts: boolean
}

/** What is known of a chat besides its messages. */
export class ChatState {
  readonly #init: ChatStateInit
  #unread: Promise<Unread> | undefined
  /** Of the last state that was told. */
  #number: number | undefined
  /** One change after the other: each is made from what the one before it left. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(init: ChatStateInit) {
    this.#init = init
  }

  get draft(): DraftMark | undefined {
    return this.#init.store.marks.draft
  }

  /** Counted once, and again after `recount`. */
  async unread(options?: AbortOptions): Promise<{ unread: number; mentioned: number }> {
    if (this.#unread === undefined) {
      const counting = this.#count(options)
      this.#unread = counting
      counting.catch(() => {
        if (this.#unread === counting) this.#unread = undefined
      })
    }
    const { ids, mentioned } = await this.#unread
    return { unread: ids.size, mentioned: mentioned.size }
  }

  /** A message has come: as good as counting again. */
  arrived({ author, id, mentions }: Pick<Message, 'author' | 'id' | 'mentions'>): void {
    const { me, isHidden, store } = this.#init
    if (author === me || isHidden(id, author)) return
    this.#unread = this.#unread?.then(async (counted) => {
      if (counted.ids.size >= MAX_UNREAD || (await covers(store.marks.read, CID.parse(id), this.#precedes)))
        return counted
      const mentioned = mentions.includes(me) ? new Set(counted.mentioned).add(id) : counted.mentioned
      return { ids: new Set(counted.ids).add(id), mentioned }
    })
    this.#unread?.catch(() => this.recount())
  }

  /** What is unread is another number now, or may be. */
  recount(): void {
    this.#unread = undefined
  }

  /** Everything up to a message has been read; everything that is here, without one. Resolves to whether that is news. */
  async markRead(message: BlockId | undefined, options?: AbortOptions): Promise<boolean> {
    return await this.#exclusively(async () => {
      const isLast = message === undefined || (await this.#isLast(message, options))
      const heads = isLast ? (await this.#init.chain.heads(options)).slice(0, MAX_FRONTIER) : []
      const read = message === undefined ? heads : [message, ...heads]
      return await this.#read(read)
    })
  }

  /** The profile's draft as it is now. */
  async setDraft(content: Uint8Array, now: number): Promise<void> {
    await this.#exclusively(async () => {
      const at = Math.max(now, (this.draft?.at ?? 0) + 1)
      await this.#init.store.change({ draft: { at, content } })
    })
  }

  /** What to tell a device of a member, or all: those of this profile are told everything. */
  async signalFor(member: Did | undefined, readReceipts: boolean, options?: AbortOptions): Promise<StateSignal> {
    const isOwn = member === this.#init.me
    const have = (await this.#init.chain.heads(options)).slice(0, MAX_FRONTIER)
    return await this.#exclusively(async () => {
      const n = await this.#nextNumber()
      const { read, draft } = this.#init.store.marks
      return {
        kind: 'state',
        n,
        have,
        ...(isOwn || readReceipts ? { read } : {}),
        ...(isOwn && draft !== undefined ? { draft } : {})
      }
    })
  }

  /** Take in what a device says of itself. */
  async take({ device, member }: SignalSource, signal: StateSignal): Promise<StateChange> {
    return await this.#exclusively(async () => {
      const { store, me } = this.#init
      const held = store.marks.devices.get(device)
      if (held !== undefined && held.n >= signal.n) return { own: false, receipts: false }
      const read = signal.read ?? held?.read ?? []
      const mark = { member, n: signal.n, have: signal.have, read }
      store.note({ devices: new Map(this.#present()).set(device, mark) })
      if (member !== me) {
        const isNews = held === undefined || !isSame(held.have, mark.have) || !isSame(held.read, mark.read)
        return { own: false, receipts: isNews }
      }
      const isRead = await this.#read(read)
      const isDrafted = signal.draft !== undefined && signal.draft.at > (this.draft?.at ?? 0)
      if (isDrafted) await store.change({ draft: signal.draft })
      return { own: isRead || isDrafted, receipts: false }
    })
  }

  /** How far a message has come, by what the devices said of themselves and by who has its content. */
  async receipts(id: BlockId, options?: AbortOptions): Promise<Receipts> {
    const { group, sealed, store, me } = this.#init
    const others = group.members().filter(({ did }) => did !== me)
    const holders = new Set(sealed.holders(await sealed.get(id, options)))
    const delivered: Did[] = []
    const read: Did[] = []
    for (const { did, devices } of others) {
      const marks = [...store.marks.devices.values()].filter(({ member }) => member === did)
      const hasRead = await this.#any(
        marks.map((mark) => mark.read),
        id
      )
      const has = hasRead || devices.some((device) => holders.has(device))
      if (hasRead) read.push(did)
      if (
        has ||
        (await this.#any(
          marks.map((mark) => mark.have),
          id
        ))
      )
        delivered.push(did)
    }
    const status = read.length > 0 ? 'read' : delivered.length > 0 ? 'delivered' : 'stored'
    return { status, delivered, read }
  }

  /** Resolves when nothing is under way any more, and everything is on the disk. */
  async settled(): Promise<void> {
    await this.#tail
    await this.#init.store.close()
  }

  /** Numbers of states grow over restarts, so that the latest is known as such. They are set aside by the thousand, not written down one by one. */
  async #nextNumber(): Promise<number> {
    const { store } = this.#init
    if (this.#number === undefined || this.#number >= store.marks.n) {
      this.#number = store.marks.n
      await store.change({ n: this.#number + NUMBERS_SET_ASIDE })
    }
    return ++this.#number
  }

  async #any(frontiers: Frontier[], id: BlockId): Promise<boolean> {
    for (const frontier of frontiers) if (await covers(frontier, id, this.#precedes)) return true
    return false
  }

  /** Marks of devices that are still in the chat. */
  *#present(): Iterable<[Did, ReturnType<MarksStore['marks']['devices']['get']> & object]> {
    const devices = new Set(this.#init.group.members().flatMap((member) => member.devices))
    for (const entry of this.#init.store.marks.devices) if (devices.has(entry[0])) yield entry
  }

  async #read(frontier: Frontier): Promise<boolean> {
    const { store } = this.#init
    const read = await union(store.marks.read, frontier, this.#precedes)
    if (isSame(read, store.marks.read)) return false
    await store.change({ read })
    this.recount()
    return true
  }

  async #isLast(message: BlockId, options?: AbortOptions): Promise<boolean> {
    const query = { topics: { all: [TOPIC_MESSAGE] }, reverse: true }
    for await (const block of this.#init.chain.blocks(query, options)) {
      if (block.available) return block.id.equals(message)
    }
    return true
  }

  /** In the order in which messages came: what is read for sure is not looked at again. */
  async #count(options?: AbortOptions): Promise<Unread> {
    const { store, chain } = this.#init
    const { read, settled } = store.marks
    const query = { topics: { all: [TOPIC_MESSAGE] }, order: 'arrival' as const, after: settled }
    const ids = new Set<string>()
    const mentioned = new Set<string>()
    let last: BlockId | undefined
    let isSettled = true
    for await (const block of chain.blocks(query, options)) {
      if (await this.#isRead(block, read)) {
        if (isSettled) last = block.id
        continue
      }
      isSettled = false
      if (!block.available) continue
      const id = block.id.toString()
      ids.add(id)
      if (await this.#isMentioned(block, options)) mentioned.add(id)
      if (ids.size >= MAX_UNREAD) break
    }
    if (last !== undefined) store.note({ settled: last })
    return { ids, mentioned }
  }

  async #isRead(block: MutableBlock, read: Frontier): Promise<boolean> {
    const isOwn = block.author === this.#init.me
    return (
      isOwn || this.#init.isHidden(block.id.toString(), block.author) || (await covers(read, block.id, this.#precedes))
    )
  }

  async #isMentioned(block: MutableBlock, options?: AbortOptions): Promise<boolean> {
    if (!block.available) return false
    const decoded = decodeMessage(await block.content(options))
    return decoded.ok && mentionsOf(decoded.value.content).includes(this.#init.me)
  }

  readonly #precedes = async (ancestor: BlockId, descendant: BlockId): Promise<boolean> => {
    try {
      return await this.#init.chain.isAncestor(ancestor, descendant)
    } catch (error) {
      // What another device names may not have come yet.
      if (error instanceof Error && error.name === 'NotFoundError') return false
      throw error
    }
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    // Whoever gave the work gets its failure; the next one goes on.
    this.#tail = result.catch(() => undefined)
    return await result
  }
}
