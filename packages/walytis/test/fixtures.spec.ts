import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { decodeSettings } from '../src/block/genesis.ts'
import { verifyRawBlock } from '../src/block/verify.ts'
import { multikeyText } from '../src/crypto/multikey.ts'
import { encodeStored } from '../src/storage/stored-block.ts'
import { alice, bob } from '../src/testing/actors.ts'
import { type ForgedBlock, forgeBlock, forgeGenesis } from '../src/testing/forge.ts'

/** Frozen: what version 1 writes. A change that breaks this needs a new version of the format, and keeps this file. */
const FILE = new URL('./fixtures/v1/blocks.json', import.meta.url)

interface Vector {
  readonly name: string
  readonly id: string
  readonly block: string
  readonly content: string
  readonly contentId: string
  readonly creator: string
  /** The block's row in a store, with annotation 0x0102, arrival 258, revoked, retained, replicated. */
  readonly row: string
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

function vectorOf(name: string, { signed, block, content }: ForgedBlock): Vector {
  const flags = { revoked: true, retained: true, replicated: true, lacking: false }
  const row = encodeStored({ block: signed, annotation: Uint8Array.of(1, 2), arrival: 258, ...flags })
  return {
    name,
    id: signed.id.toString(),
    block: hex(block),
    content: hex(content),
    contentId: signed.content.toString(),
    creator: multikeyText(signed.creator),
    row: hex(row)
  }
}

async function currentVectors(): Promise<Vector[]> {
  const text = (words: string): Uint8Array => new TextEncoder().encode(words)
  const plain = await forgeGenesis(alice)
  const parameters = Uint8Array.of(1, 2, 3)
  const settings = { name: 'Größe', access: 'public', policy: { name: 'example/policy', parameters } } as const
  const named = await forgeGenesis(bob, settings, new Uint8Array(32).fill(0xff))
  const layers = { 'example-layer': Uint8Array.of(4, 5), ü: new Uint8Array() }
  const layered = await forgeGenesis(bob, { access: 'custom', policy: settings.policy, layers }, new Uint8Array(32))
  const stand = { genesis: plain.signed, parents: [plain.signed] }
  const first = await forgeBlock({ ...stand, signer: bob.signer, content: text('hello'), time: 1_767_225_600_000 })
  const second = await forgeBlock({ ...stand, signer: alice.signer, prev: plain.signed, topics: ['b', 'a', 'ü'] })
  const merge = await forgeBlock({
    genesis: plain.signed,
    signer: bob.signer,
    parents: [first.signed, second.signed],
    prev: first.signed,
    content: new Uint8Array(300).fill(7),
    topics: ['x'.repeat(128)],
    time: 8_640_000_000_000_000
  })
  return Object.entries({ plain, named, layered, first, second, merge }).map(([name, forged]) => vectorOf(name, forged))
}

describe('the frozen vectors of version 1', async () => {
  const frozen: Vector[] = JSON.parse(await readFile(FILE, 'utf8'))

  it('are what this version writes', async () => {
    expect(await currentVectors()).toEqual(frozen)
  })

  it.each(frozen)('are accepted: $name', ({ id, block, content, contentId, creator }) => {
    const verified = verifyRawBlock({ block: unhex(block), content: unhex(content) })
    expect(verified.ok).toBe(true)
    if (!verified.ok) return
    expect(verified.block.id.toString()).toBe(id)
    expect(verified.block.content.toString()).toBe(contentId)
    expect(multikeyText(verified.block.creator)).toBe(creator)
    if (verified.block.chain === null) expect(decodeSettings(unhex(content))).toBeDefined()
  })
})
