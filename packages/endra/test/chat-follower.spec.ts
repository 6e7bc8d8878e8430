import { expect, it } from 'vitest'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import { followChat } from '../src/chat-follower.ts'
import { TOPIC_CARD, TOPIC_MESSAGE } from '../src/constants.ts'
import { encodeMessage } from '../src/content/format.ts'
import { textContent } from '../src/content/parts.ts'
import { type MessageHome, messageOf } from '../src/messages/message.ts'
import { alice, blockId } from './people.ts'

/** A block of which only what the follower looks at is there. */
function block(byte: number, topic: string, more: Partial<MutableBlock>): MutableBlock {
  const never = (): Promise<Uint8Array> => new Promise(() => undefined)
  const fields = {
    id: blockId(byte),
    topics: [topic],
    author: alice,
    time: new Date(0),
    deleted: false,
    revoked: false
  }
  return { ...fields, available: true, content: never, ...more } as MutableBlock
}

const home: MessageHome = {
  reactionsTo: async () => [],
  typedOf: () => undefined,
  quote: async () => undefined,
  attachments: { get: async () => await Promise.reject(new TypeError('no attachments here')) }
}

it('R36 is not held up by blocks whose content is nowhere to be had', async () => {
  const chain = new EventTarget()
  const following = new AbortController()
  const heard = Promise.withResolvers<string>()
  followChat(chain as unknown as MutableBlockchain, {
    signal: following.signal,
    entry: async () => undefined,
    read: async (read) => await messageOf(home, read),
    card: async (card) => void (await card.content()),
    message: (type, message) => heard.resolve(`${type} ${message.text}`),
    failed: (error) => heard.reject(error)
  })
  const tell = (type: string, told: MutableBlock): void =>
    void chain.dispatchEvent(new CustomEvent(type, { detail: { block: told } }))
  tell('block:revoked', block(1, TOPIC_MESSAGE, { available: false, revoked: true }))
  tell('block:revoked', block(2, TOPIC_CARD, { available: false, revoked: true }))
  tell('block:deleted', block(3, TOPIC_CARD, { available: false, deleted: true }))
  const content = encodeMessage({ content: textContent('still here') })
  tell('block:added', block(4, TOPIC_MESSAGE, { content: async () => content }))
  expect(await heard.promise).toBe('message:added still here')
  following.abort()
})
