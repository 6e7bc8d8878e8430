import { describe, expect, it } from 'vitest'
import { type ShownMessage, stateHash } from '../src/state-hash.ts'
import { alice, blockId, bob, chat } from './people.ts'

const message = (byte: number, content: number[]): ShownMessage => ({
  id: blockId(byte),
  author: alice,
  content: Uint8Array.from(content)
})

async function* these(...messages: ShownMessage[]): AsyncGenerator<ShownMessage> {
  yield* messages
}

const members = [
  { did: alice, role: 'admin' as const },
  { did: bob, role: 'member' as const }
]

describe('the state hash', () => {
  it('does not depend on the order of members', async () => {
    const hash = await stateHash(chat, members, these(message(1, [1])))
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await stateHash(chat, members.toReversed(), these(message(1, [1])))).toBe(hash)
  })

  it('changes with each thing that a chat shows', async () => {
    const shown = [message(1, [1]), message(2, [2])]
    const hashes = await Promise.all([
      stateHash(chat, members, these(...shown)),
      stateHash(bob, members, these(...shown)),
      stateHash(chat, members.slice(1), these(...shown)),
      stateHash(chat, [{ did: alice, role: 'member' }, ...members.slice(1)], these(...shown)),
      stateHash(chat, members, these(...shown.toReversed())),
      stateHash(chat, members, these(message(1, [1]))),
      stateHash(chat, members, these(message(1, [1]), message(2, [3]))),
      stateHash(chat, members, these(message(1, [1]), { ...message(2, [2]), author: bob }))
    ])
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
