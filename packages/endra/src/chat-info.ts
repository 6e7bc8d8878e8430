/**
 * The title and picture of one open chat: read, followed, changed, and written anew for newcomers. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { LatestBook, type Placed } from './cards.ts'
import type { ChatOwner } from './chat-cards.ts'
import { audienceOf } from './content/card.ts'
import { CHAT_INFO, type ChatInfo } from './content/chat-info.ts'
import { topicOfType } from './content/typed.ts'
import { NotAdminError } from './errors.ts'
import type { Picture } from './interface/index.ts'
import type { ChatBlocks } from './messages/blocks.ts'
import { TypedView } from './messages/typed-view.ts'

interface PlacedInfo extends Placed, ChatInfo {}

/** The title and picture of one chat. */
export class ChatInfos {
  readonly #group: Pick<Group, 'members' | 'sessions'>
  readonly #owner: ChatOwner
  readonly #blocks: ChatBlocks
  readonly #view: TypedView<ChatInfo>
  readonly #book = new LatestBook<PlacedInfo>()

  constructor(init: { group: Pick<Group, 'members' | 'sessions'>; blocks: ChatBlocks; owner: ChatOwner }) {
    this.#group = init.group
    this.#owner = init.owner
    this.#blocks = init.blocks
    this.#view = new TypedView(init.blocks, CHAT_INFO)
  }

  /** Read those that are here. */
  async load(options?: AbortOptions): Promise<void> {
    const topic = topicOfType(CHAT_INFO.mediaType)
    for await (const block of this.#blocks.list([topic], options)) await this.take(block, options)
  }

  /** What present admins said last; undefined when they never did, or before this device's user came. */
  get current(): Pick<ChatInfo, 'title' | 'picture' | 'audience'> | undefined {
    return this.#book.latestOf(this.#admins())
  }

  /** Take in a block. Returns whether it is its author's latest. */
  async take(block: MutableBlock, options?: AbortOptions): Promise<boolean> {
    const entry = block.revoked ? undefined : await this.#view.entryOf(block, options)
    if (entry === undefined) return false
    return this.#book.take({ ...entry.value, author: entry.author, time: entry.sentAt.getTime(), block })
  }

  /** @throws {NotAdminError} */
  async change(
    change: { title?: string | undefined; picture?: Picture | null | undefined },
    fallback: string,
    options?: AbortOptions
  ): Promise<void> {
    if (!this.#admins().includes(this.#owner.did)) throw new NotAdminError()
    const title = change.title ?? this.current?.title ?? fallback
    const picture = change.picture === undefined ? this.current?.picture : (change.picture ?? undefined)
    await this.#write({ title, picture }, options)
  }

  /** Tell newcomers, where it is this device's turn: that of the first admin who is here. */
  async announce(options?: AbortOptions): Promise<void> {
    const { current } = this
    if (current === undefined || !this.#owner.acts() || !this.#isFirstAdmin()) return
    if (!equals(current.audience, audienceOf(this.#members()))) await this.#write(current, options)
  }

  async #write({ title, picture }: Pick<ChatInfo, 'title' | 'picture'>, options?: AbortOptions): Promise<void> {
    const entry = await this.#view.add({ title, picture, audience: audienceOf(this.#members()) }, options)
    await this.take(await this.#blocks.find(entry.id, topicOfType(CHAT_INFO.mediaType), options), options)
  }

  /** Where several admins are here, each would write: one is enough, and the most senior one of those that can be seen. */
  #isFirstAdmin(): boolean {
    const { did } = this.#owner
    for (const admin of this.#admins()) {
      if (admin === did) return true
      if (this.#isOnline(admin)) return false
    }
    return false
  }

  #isOnline(did: Did): boolean {
    const connected = this.#group.sessions.connected()
    const devices = this.#group.members().find((member) => member.did === did)?.devices ?? []
    return devices.some((device) => connected.includes(device))
  }

  #admins(): Did[] {
    return this.#group.members().flatMap(({ did, role }) => (role === 'admin' ? [did] : []))
  }

  #members(): Did[] {
    return this.#group.members().map(({ did }) => did)
  }
}
