import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../src/block/format.ts'
import { decodeSettings } from '../src/block/genesis.ts'
import { blockIdOf } from '../src/block/id.ts'
import { verifyRawBlock } from '../src/block/verify.ts'
import { readCanonical } from '../src/canonical.ts'
import { decodeFileRow, decodePublished } from '../src/content/file-row.ts'
import { decodeContentMessage } from '../src/content/messages.ts'
import { parseMultikey } from '../src/crypto/multikey.ts'
import { decodeInvitation } from '../src/membership/invitation.ts'
import { decodeAnswer, decodeChallenge, decodeProof, encodeAnswer, encodeChallenge } from '../src/membership/join.ts'
import { parseAddresses, parsePeerId } from '../src/membership/peers.ts'
import { decodeStored } from '../src/storage/stored-block.ts'
import { decodeMessage, encodeMessage } from '../src/sync/messages.ts'
import { alice } from '../src/testing/actors.ts'
import { forgeBlock, forgeGenesis } from '../src/testing/forge.ts'
import { exampleMessages } from './support/example-messages.ts'

/** Bytes that were, or might be, read for something that they are not; kept for ever. */
const refused: { name: string; bytes: string }[] = JSON.parse(
  readFileSync(new URL('fixtures/fuzz/dag-cbor-refused.json', import.meta.url), 'utf8')
)
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** All that reads bytes from outside; true when it took them. None of them may ever throw. */
const DECODERS: Record<string, (bytes: Uint8Array) => boolean> = {
  'canonical DAG-CBOR': (bytes) => 'value' in readCanonical(bytes, { bytes: 1 << 20 }),
  'a block': (bytes) => decodeBlock(bytes).ok,
  'a block with content': (bytes) => verifyRawBlock({ block: bytes, content: bytes }).ok,
  'the settings of a chain': (bytes) => decodeSettings(bytes) !== undefined,
  'a sync message': (bytes) => decodeMessage(bytes) !== undefined,
  'a content message': (bytes) => decodeContentMessage(bytes) !== undefined,
  'a challenge': (bytes) => decodeChallenge(bytes) !== undefined,
  'a proof': (bytes) => decodeProof(bytes) !== undefined,
  'an answer': (bytes) => decodeAnswer(bytes) !== undefined,
  'a public key': (bytes) => parseMultikey(bytes) !== undefined,
  'a stored block': (bytes) => decodeStored(blockIdOf(bytes), bytes) !== undefined,
  'a row of a file': (bytes) => decodeFileRow(bytes) !== undefined,
  'a row of a published file': (bytes) => decodePublished(bytes) !== undefined
}
const ROWS = ['a row of a file', 'a row of a published file']

describe('F8 bytes from outside', async () => {
  const genesis = await forgeGenesis(alice)
  const block = await forgeBlock({ signer: alice.signer, genesis: genesis.signed, parents: [genesis.signed] })
  const valid = [
    genesis.block,
    genesis.content,
    block.block,
    encodeChallenge(new Uint8Array(32)),
    encodeAnswer(undefined),
    ...exampleMessages().map(encodeMessage)
  ]

  it.each(refused)('are refused by everything that reads DAG-CBOR: $name', ({ bytes }) => {
    for (const [name, decode] of Object.entries(DECODERS)) {
      // as they are, and where a value is expected inside a map or a list
      for (const hex of [bytes, `81${bytes}`, `a1617681${bytes}`]) expect(decode(fromHex(hex)), name).toBe(false)
    }
  })

  it('are taken or refused, and nothing is ever thrown, by whatever reads them', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([bytes, at, flip]) => {
        const damaged = bytes.slice()
        damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ flip
        return damaged
      }),
      fc.tuple(fc.constantFrom(...valid), fc.nat()).map(([bytes, at]) => bytes.slice(0, at % bytes.length)),
      fc.tuple(fc.constantFrom(...valid), fc.constantFrom(...valid), fc.nat(), fc.nat()).map(([a, b, i, j]) => {
        return new Uint8Array([...a.subarray(0, i % a.length), ...b.subarray(j % b.length)])
      })
    )
    fc.assert(
      fc.property(anything, (bytes) => {
        for (const decode of Object.values(DECODERS)) decode(bytes)
      }),
      { numRuns: Number(process.env['WALYTIS_FUZZ'] ?? 2_000) }
    )
  })

  it('nested a hundred thousand deep, or of enormous claimed lengths, are refused by all', () => {
    const bombs = [0x81, 0xa1, 0xd8, 0x9f, 0x5f, 0xc6].map((byte) => new Uint8Array(100_000).fill(byte))
    const claims = ['9bffffffffffffffff', 'bb7fffffffffffffff', '5affffffff', '7b0000ffffffffffff'].map(fromHex)
    for (const [name, decode] of Object.entries(DECODERS)) {
      if (ROWS.includes(name)) continue
      for (const bomb of [...bombs, ...claims]) expect(decode(bomb), name).toBe(false)
    }
  })

  it('as text are an invitation, or an error by its name', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.base64String().map((text) => `walytis:${text}`),
      fc.string({ unit: 'binary' })
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          decodeInvitation(text)
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvitationError', reason: 'malformed' })
        }
      })
    )
  })

  it('as addresses and names of peers are those, or left out', () => {
    const part = fc.constantFrom(
      'ip4',
      'ip6',
      'tcp',
      'p2p',
      'dns4',
      'ws',
      'p2p-circuit',
      '127.0.0.1',
      '0',
      '99999',
      '..',
      ''
    )
    const address = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`)
    )
    fc.assert(
      fc.property(fc.array(address, { maxLength: 40 }), (texts) => {
        expect(parseAddresses(texts).length).toBeLessThanOrEqual(16)
        for (const text of texts) parsePeerId(text)
      })
    )
  })
})
