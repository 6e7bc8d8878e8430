/**
 * What a chat's blocks of registered types are read as: one view for each type that somebody asked for, and reactions. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { REACTION_MEDIA_TYPE } from '../constants.ts'
import { REACTION, type ReactionValue } from '../content/reaction.ts'
import type { MessageType } from '../interface/index.ts'
import type { ChatBlocks } from './blocks.ts'
import { react, unreact } from './reactions.ts'
import { type EntryEvent, TypedView } from './typed-view.ts'
import type { Types } from './types.ts'

/** What happened to a reaction. */
export interface ReactionChange {
  /** Id of the message that it is about. */
  readonly id: string
  readonly author: Did
  readonly emoji: string
}

/** The typed entries of one chat. */
export class Entries {
  readonly reactions: TypedView<ReactionValue>
  readonly #blocks: ChatBlocks
  readonly #types: Types
  readonly #me: Did
  /** By media type. */
  readonly #views = new Map<string, TypedView<unknown>>()

  constructor({ blocks, types, me }: { blocks: ChatBlocks; types: Types; me: Did }) {
    this.#blocks = blocks
    this.#types = types
    this.#me = me
    this.reactions = new TypedView(blocks, REACTION)
  }

  /** @throws {UnregisteredTypeError} */
  view<T>(type: MessageType<T>): TypedView<T> {
    this.#types.check(type)
    const held = this.#views.get(type.mediaType)
    // One media type is one type: `check` has seen to that.
    if (held !== undefined) return held as unknown as TypedView<T>
    const view = new TypedView(this.#blocks, type)
    this.#views.set(type.mediaType, view as unknown as TypedView<unknown>)
    return view
  }

  async react(about: string, emoji: string, options?: AbortOptions): Promise<void> {
    await react(this.reactions, { about, emoji, me: this.#me }, options)
  }

  async unreact(about: string, emoji: string, options?: AbortOptions): Promise<void> {
    await unreact(this.reactions, { about, emoji, me: this.#me }, options)
  }

  /** Something happened to a block of a type: tell who looks at it as that. Gives what it means for the reactions to a message. */
  async tell(
    type: EntryEvent,
    mediaType: string,
    block: MutableBlock,
    options?: AbortOptions
  ): Promise<ReactionChange | undefined> {
    if (mediaType !== REACTION_MEDIA_TYPE) {
      await this.#views.get(mediaType)?.tell(type, block, options)
      return undefined
    }
    const entry = await this.reactions.tell(type, block, options)
    if (entry?.about === undefined) return undefined
    return { id: entry.about, author: entry.author, emoji: entry.value.emoji }
  }
}
