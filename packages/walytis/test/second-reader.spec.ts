import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifyRawBlock } from '../src/block/verify.ts'
import blocks from './fixtures/v1/blocks.json' with { type: 'json' }
import content from './fixtures/v1/content.json' with { type: 'json' }
import invitation from './fixtures/v1/invitation.json' with { type: 'json' }
import join from './fixtures/v1/join.json' with { type: 'json' }
import messages from './fixtures/v1/sync-messages.json' with { type: 'json' }
import tags from './fixtures/v1/sync-tags.json' with { type: 'json' }
import {
  brokenPlace,
  messageFields,
  proves,
  readBlock,
  readInvitation,
  readMessage,
  readSettings,
  tagOf
} from './reference/second-reader.ts'
import { altered, content as altersContent, BREACHES } from './support/altered-blocks.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const REFUSED = new URL('./fixtures/v1/refused-blocks.json', import.meta.url)

interface RefusedVector {
  readonly rule: string
  readonly block: string
  readonly content: string
}

/** Whoever implements the document, and nothing else, reads what this package writes and refuses what it refuses. */
describe('a second implementation of docs/protocol.md', async () => {
  const refused: RefusedVector[] = JSON.parse(await readFile(REFUSED, 'utf8'))

  it('reads the frozen blocks, in their places', () => {
    const known = new Map<string, Record<string, unknown>>()
    for (const { name, id, block, content: carried } of blocks) {
      const read = readBlock(unhex(block), unhex(carried))
      if (!('map' in read)) throw new RangeError(`${name}: ${read.rule}`)
      expect(read.id.toString(), name).toBe(id)
      const genesis = String(read.map['chain'] ?? id)
      expect(brokenPlace(read.map, genesis, known), name).toBeUndefined()
      if (read.map['chain'] === null) expect(readSettings(unhex(carried)), name).toBeDefined()
      known.set(id, read.map)
    }
    const last = known.get(blocks.at(-1)?.id ?? '') ?? {}
    expect(brokenPlace({ ...last, height: 9 }, String(last['chain']), known)).toBe('height-mismatch')
    expect(brokenPlace({ ...last, seq: 9 }, String(last['chain']), known)).toBe('seq-mismatch')
    expect(brokenPlace(last, String(last['chain']), new Map())).toBe('waits')
  })

  it('has vectors of blocks that break each rule of form, which are what they say', () => {
    const made = BREACHES.map(([rule, changes]) => ({
      rule,
      block: hex(altered(changes)),
      content: hex(altersContent)
    }))
    expect(made).toEqual(refused)
  })

  it.each(refused)('refuses, by the name in the document, what breaks $rule', ({ rule, block, content: carried }) => {
    const raw = { block: unhex(block), content: unhex(carried) }
    expect(verifyRawBlock(raw)).toMatchObject({ ok: false, rule })
    expect(readBlock(raw.block, raw.content)).toEqual({ rule })
  })

  it('R3 agrees about blocks with any bit turned', () => {
    fc.assert(
      fc.property(fc.constantFrom(...blocks), fc.nat(), fc.nat({ max: 7 }), ({ block, content: carried }, at, bit) => {
        const damaged = unhex(block)
        damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ (1 << bit)
        const raw = { block: damaged, content: unhex(carried) }
        const verified = verifyRawBlock(raw)
        const read = readBlock(raw.block, raw.content)
        // what breaks several rules may be called by any of them
        expect('map' in read).toBe(verified.ok)
        expect('map' in read).toBe(false)
      }),
      { numRuns: 500 }
    )
  })

  it('reads an invitation, and makes its key and id', () => {
    const read = readInvitation(invitation.text)
    expect(read?.id).toBe(invitation.id)
    expect(hex(read?.signingKey ?? new Uint8Array())).toBe(invitation.signingKey)
    expect(read?.terms['shared']).toBe(true)
    expect(readInvitation(`endra:${invitation.text}`)).toBeUndefined()
  })

  it('verifies a proof of joining, and for its challenge and peers only', () => {
    const [proof, challenge] = [unhex(join.proof), unhex(join.challenge)]
    const [inviter, joiner] = [join.inviter, join.joiner]
    expect(proves(proof, challenge, inviter, joiner)).toBe(true)
    expect(proves(proof, challenge, joiner, inviter)).toBe(false)
    const other = challenge.slice()
    other[other.length - 1] = 0
    expect(proves(proof, other, inviter, joiner)).toBe(false)
  })

  it('makes the tags of both roles', () => {
    const peers = [tags.initiatorPeer, tags.responderPeer]
    const nonces = [unhex(tags.initiatorNonce), unhex(tags.responderNonce)]
    for (const role of ['initiator', 'responder'] as const) {
      expect(hex(tagOf(unhex(tags.key), role, peers, nonces))).toBe(tags[role])
    }
  })

  it('reads every message, by the fields that the document names', async () => {
    const fields = messageFields(await readFile(new URL('../docs/protocol.md', import.meta.url), 'utf8'))
    expect(messages.length).toBeGreaterThan(10)
    for (const { type, bytes } of messages) expect(readMessage(unhex(bytes), fields)?.['type']).toBe(type)
    for (const bytes of content.messages) expect(readMessage(unhex(bytes), fields), bytes).toBeDefined()
    for (const { bytes } of messages) expect(readMessage(unhex(`${bytes}00`), fields)).toBeUndefined()
  })
})
