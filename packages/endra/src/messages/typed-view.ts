/**
 * A chat's messages of one type: what `Chat.ofType` gives, and how endra keeps what it says of a chat by itself. Asks the chain for everything;
 * told by the chat what happens.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import type { Did } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { TOPIC_MESSAGE } from '../constants.ts'
import { decodeMessage, encodeMessage } from '../content/format.ts'
import { contentOfValue, topicOfType, valueIn } from '../content/typed.ts'
import { NotFoundError } from '../errors.ts'
import type { Message, MessageType, TypedEntry, TypedEvents, TypedMessages } from '../interface/index.ts'
import { aboutTopic, type ChatBlocks, idOf } from './blocks.ts'

/** What happened to a block, for whoever looks at it as an entry. */
export type EntryEvent = keyof TypedEvents<unknown>

/** A chat's messages of one type, as the chat uses it. */
export class TypedView<T> extends TypedEventEmitter<TypedEvents<T>> implements TypedMessages<T> {
  readonly #blocks: ChatBlocks
  readonly #type: MessageType<T>

  constructor(blocks: ChatBlocks, type: MessageType<T>) {
    super()
    this.#blocks = blocks
    this.#type = type
  }

  async add(value: T, options: Parameters<TypedMessages<T>['add']>[1] = {}): Promise<TypedEntry<T>> {
    const { about, ...rest } = options
    const replyTo = about === undefined ? undefined : idOf(about)
    const bytes = encodeMessage({ content: contentOfValue(this.#type, value), replyTo })
    const topics = [...(replyTo === undefined ? [] : [aboutTopic(replyTo)]), topicOfType(this.#type.mediaType)]
    if (this.#type.shown) topics.push(TOPIC_MESSAGE)
    return this.#required(await this.#blocks.add(bytes, topics, rest), rest)
  }

  async *list(options: Parameters<TypedMessages<T>['list']>[0] = {}): AsyncGenerator<TypedEntry<T>> {
    const { about, limit = Number.POSITIVE_INFINITY, reverse, ...rest } = options
    const target = about === undefined ? undefined : idOf(about)
    const topics = [...(target === undefined ? [] : [aboutTopic(target)]), topicOfType(this.#type.mediaType)]
    let left = limit
    if (left <= 0) return
    for await (const block of this.#blocks.list(topics, { ...rest, reverse })) {
      const entry = await this.entryOf(block, rest)
      // What an entry is about stands in its content; the topic is only how it is found.
      if (entry === undefined || (target !== undefined && entry.about !== target)) continue
      yield entry
      if (--left <= 0) return
    }
  }

  async get(id: string, options?: AbortOptions): Promise<TypedEntry<T>> {
    const block = await this.#blocks.find(id, topicOfType(this.#type.mediaType), options)
    return await this.#required(block, options)
  }

  /** The entry that a block carries, deleted ones included; undefined when it carries no value of the type. */
  async entryOf(block: MutableBlock, options?: AbortOptions): Promise<TypedEntry<T> | undefined> {
    if (!block.available) return undefined
    const decoded = decodeMessage(await block.content(options))
    const value = decoded.ok ? valueIn(this.#type, decoded.value.content) : undefined
    if (!decoded.ok || value === undefined) return undefined
    return this.#entry(block, value, decoded.value.replyTo)
  }

  /** Tell listeners what happened to a block of this type. Returns the entry, where there is one. */
  async tell(type: EntryEvent, block: MutableBlock, options?: AbortOptions): Promise<TypedEntry<T> | undefined> {
    const entry = await this.entryOf(block, options)
    if (entry !== undefined) this.safeDispatchEvent(type, { detail: { entry } })
    return entry
  }

  #entry(block: MutableBlock, value: T, about: Message['replyTo']): TypedEntry<T> {
    const entry = async (changed: MutableBlock, options?: AbortOptions): Promise<TypedEntry<T>> =>
      await this.#required(changed, options)
    return {
      id: block.id.toString(),
      author: block.author as Did,
      sentAt: block.time,
      editedAt: block.editedAt,
      about,
      value,
      deleted: block.deleted,
      revoked: block.revoked,
      edit: async (next, options) => {
        const bytes = encodeMessage({ content: contentOfValue(this.#type, next), replyTo: about })
        return await entry(await block.edit(bytes, options), options)
      },
      delete: async (options) => await entry(await block.delete(options), options),
      restore: async (options) => await entry(await block.restore(options), options)
    }
  }

  async #required(block: MutableBlock, options?: AbortOptions): Promise<TypedEntry<T>> {
    const entry = await this.entryOf(block, options)
    if (entry === undefined) throw new NotFoundError('message', block.id.toString())
    return entry
  }
}
