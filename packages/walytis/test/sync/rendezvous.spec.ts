import { describe, expect, it } from 'vitest'
import { MAX_KEPT_TAGS } from '../../src/sync/limits.ts'
import { Rendezvous } from '../../src/sync/rendezvous.ts'
import { tagOf } from '../../src/sync/tags.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import vectors from '../fixtures/v1/sync-tags.json' with { type: 'json' }

const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const [first, second] = [key(1), key(2)]
const names = [alice.peerId.toString(), bob.peerId.toString()] as const

function meet(): { alices: Rendezvous; bobs: Rendezvous } {
  const alices = new Rendezvous('initiator', names[0], names[1], first)
  const bobs = new Rendezvous('responder', names[1], names[0], second)
  expect(alices.open(second)).toBe(true)
  expect(bobs.open(first)).toBe(true)
  return { alices, bobs }
}

describe('the rendezvous of two peers', () => {
  it('finds the chains that both hold keys of, and no others', () => {
    const { alices, bobs } = meet()
    bobs.announce('notes', [key(3)])
    bobs.announce('photos', [key(5)])
    const tags = [...alices.announce('notes', [key(3)]), ...alices.announce('diary', [key(4)])]
    expect(bobs.match(tags)).toEqual(new Set(['notes']))
    expect(bobs.isMatched('notes')).toBe(true)
    expect(bobs.isMatched('photos')).toBe(false)
  })

  it('finds a chain that is opened after the peer announced it, and by any of several keys', () => {
    const { alices, bobs } = meet()
    bobs.match(alices.announce('notes', [key(8), key(3)]))
    expect(bobs.isMatched('notes')).toBe(false)
    bobs.announce('notes', [key(3), key(9)])
    expect(bobs.isMatched('notes')).toBe(true)
    bobs.withdraw('notes')
    expect(bobs.isMatched('notes')).toBe(false)
    bobs.announce('notes', [key(3)])
    expect(bobs.isMatched('notes')).toBe(true)
  })

  it('does not take its own tags for the peer’s', () => {
    const { alices } = meet()
    expect(alices.match(alices.announce('notes', [key(3)]))).toEqual(new Set())
  })

  it('sends a tag once', () => {
    const { alices } = meet()
    expect(alices.announce('notes', [key(3)])).toHaveLength(1)
    expect(alices.announce('notes', [key(3), key(4)])).toHaveLength(1)
  })

  it('gives other tags on another stream', () => {
    const { alices } = meet()
    const other = new Rendezvous('initiator', names[0], names[1], first)
    other.open(key(7))
    expect(other.announce('notes', [key(3)])).not.toEqual(alices.announce('notes', [key(3)]))
  })

  it('takes one nonce, no tags before it, and a bounded number of tags', () => {
    const early = new Rendezvous('initiator', names[0], names[1], first)
    expect(early.match([])).toBeUndefined()
    const { alices } = meet()
    expect(alices.open(first)).toBe(false)
    const flood = Array.from({ length: MAX_KEPT_TAGS + 1 }, (_, i) => Uint8Array.of(i, i >> 8, i >> 16))
    expect(alices.match(flood)).toBeUndefined()
  })

  it('makes the tags that were frozen', () => {
    const context = { initiator: names[0], responder: names[1], initiatorNonce: first, responderNonce: second }
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    expect({
      key: hex(key(3)),
      initiatorPeer: names[0],
      responderPeer: names[1],
      initiatorNonce: hex(first),
      responderNonce: hex(second),
      initiator: hex(tagOf(key(3), 'initiator', context)),
      responder: hex(tagOf(key(3), 'responder', context))
    }).toEqual(vectors)
  })
})
