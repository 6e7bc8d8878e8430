import { decode, encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { contentIdOf } from '../../src/block/id.ts'
import { signEd25519 } from '../../src/crypto/ed25519.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'

/** A valid block, and what its author could have signed instead: each breaks one rule. */

export const genesis = await forgeGenesis(alice)
export const content = new TextEncoder().encode('content')
export const first = await forgeBlock({
  signer: bob.signer,
  genesis: genesis.signed,
  parents: [genesis.signed],
  content,
  topics: ['one', 'two'],
  time: 1_767_225_600_000
})
export const valid = await forgeBlock({
  signer: bob.signer,
  genesis: genesis.signed,
  parents: [genesis.signed, first.signed],
  prev: first.signed,
  content,
  topics: ['one', 'two'],
  time: 1_767_225_600_000
})

/** The map of the valid block with changes, signed anew by bob unless told otherwise. */
export function altered(changes: Record<string, unknown>, resign = true): Uint8Array {
  const map: Record<string, unknown> = { ...decode<Record<string, unknown>>(valid.block), ...changes }
  for (const [key, value] of Object.entries(changes)) if (value === undefined) delete map[key]
  if (resign) {
    const { signature: _, ...unsigned } = map
    const domain = new TextEncoder().encode('walytis/block/1\0')
    map['signature'] = signEd25519(bob.secretKey, Uint8Array.of(...domain, ...encode(unsigned)))
  }
  return encode(map)
}

const id = genesis.signed.id
const other = first.signed.id
const raw = contentIdOf(content)
const ascending = [id, other].sort((a, b) => Buffer.compare(a.bytes, b.bytes))
/** Changes to the valid block, and the rule that each breaks. */
export const BREACHES: [rule: string, changes: Record<string, unknown>][] = [
  ['fields', { extra: 1 }],
  ['fields', { topics: undefined }],
  ['version', { v: 2 }],
  ['chain', { chain: raw }],
  ['chain', { chain: 'text' }],
  ['parents', { parents: [raw] }],
  ['parents', { parents: 'text' }],
  ['parents', { parents: Array.from({ length: 17 }, () => id) }],
  ['parents-order', { parents: [id, id] }],
  ['parents-order', { parents: ascending.toReversed() }],
  ['prev', { prev: raw }],
  ['seq', { seq: 0 }],
  ['seq', { seq: 1 }],
  ['seq', { prev: null }],
  ['seq', { seq: 1.5 }],
  ['height', { height: -1 }],
  ['creator', { creator: bob.signer.publicKey.raw }],
  ['creator', { creator: Uint8Array.of(0xe7, 1, ...bob.signer.publicKey.raw) }],
  ['time', { time: -1 }],
  ['time', { time: 8_640_000_000_000_001 }],
  ['topics', { topics: [1] }],
  ['topics-too-many', { topics: Array.from({ length: 33 }, (_, index) => `${index}`) }],
  ['topics-not-distinct', { topics: ['same', 'same'] }],
  ['topic-length', { topics: [''] }],
  ['topic-length', { topics: ['x'.repeat(129)] }],
  ['topic-length', { topics: ['é'.repeat(65)] }],
  ['size', { size: -1 }],
  ['content', { content: id }],
  ['content', { size: 256 * 1024 + 1 }],
  ['content', { content: CID.createV0(raw.multihash as never) }],
  ['content-mismatch', { size: 6 }],
  ['content-mismatch', { content: contentIdOf(new Uint8Array()) }],
  ['links', { parents: [] }],
  ['links', { height: 0 }],
  ['genesis-links', { chain: null }]
]
