import { describe, expect, it } from 'vitest'
import { createSigner } from 'walytis'
import { createActor, type ForgedBlock, forgeBlock, forgeGenesis } from 'walytis/testing'
import { EVENT_TOPIC } from '../../src/constants.ts'
import { didOf } from '../../src/did.ts'
import { isRefused } from '../../src/encoding/canonical.ts'
import { encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { encodeGroupInception, inceptionSigningBytes } from '../../src/events/group-inception.ts'
import { GROUP_POLICY } from '../../src/group-constants.ts'
import type { Did } from '../../src/interface/did.ts'
import { suiteOf } from '../../src/keys/suite.ts'
import { hashDevices } from '../../src/state/epochs.ts'
import { EvidenceStore } from '../../src/state/evidence.ts'
import { document, type ForgedIdentity, forgeEvents, forgeIdentity, keysOf } from '../support/forge-identity.ts'

const LEAVE = { kind: 'leave' }
const rawOf = ({ block, content }: ForgedBlock) => ({ block, content })

/** A group that alice founded, as its genesis. */
async function foundBy(alice: ForgedIdentity): Promise<{ did: Did; genesis: ForgedBlock }> {
  const inception = {
    founder: alice.did,
    device: alice.did,
    history: 'from-join' as const,
    epoch: { publicKey: alice.keys.kem, devices: hashDevices(null, [alice.did]) },
    recovery: null,
    blocks: [rawOf(alice.genesis)],
    deviceBlocks: []
  }
  const signature = suiteOf(alice.keys).signEvent(alice.keys, inceptionSigningBytes(inception))
  const policy = { name: GROUP_POLICY, parameters: encodeGroupInception({ ...inception, signature }) }
  const signer = createSigner(alice.keys.secrets.classical)
  const genesis = await forgeGenesis({ ...createActor('alice'), signer }, { access: 'custom', policy })
  return { did: didOf(genesis.signed.id), genesis }
}

/** An event of alice right after the genesis, signed as it stands, even where it lies about its place. */
async function eventOf(
  { keys }: ForgedIdentity,
  genesis: ForgedBlock,
  event: RawEvent,
  { topics = [EVENT_TOPIC], ...lie }: { seq?: number; height?: number; topics?: string[] } = {}
): Promise<ForgedBlock> {
  const signer = createSigner(keys.secrets.classical)
  const place = { signer, genesis: genesis.signed, parents: [genesis.signed], prev: genesis.signed, topics, lie }
  const { signed } = await forgeBlock(place)
  const { chain, parents, prev, seq, height } = signed
  const position = { chain, parents, prev, seq, height, topics: [...topics] }
  const content = await encodeEvents([event], position, (bytes) => suiteOf(keys).signEvent(keys, bytes))
  return forgeBlock({ ...place, content })
}

describe("evidence of a group, by the rules of the group's own chain", () => {
  it('counts when it is whole', async () => {
    const alice = await forgeIdentity('alice')
    const { did, genesis } = await foundBy(alice)
    const blocks = [genesis, await eventOf(alice, genesis, LEAVE)]
    expect(await new EvidenceStore().admit(did, blocks.map(rawOf), new Set())).toHaveLength(2)
  })

  it('counts alike when it comes by two ways at once', async () => {
    const alice = await forgeIdentity('alice')
    const { did, genesis } = await foundBy(alice)
    const [one, two] = [await eventOf(alice, genesis, { kind: 'later' }), await eventOf(alice, genesis, LEAVE)]
    const store = new EvidenceStore()
    const ways = [one, two].map((block) => store.admit(did, [genesis, block].map(rawOf), new Set()))
    const all = new Set((await Promise.all(ways)).flatMap((ids) => (isRefused(ids) ? [] : ids)))
    expect(all.size).toBe(3)
    await store.prepare(did, all)
    expect(store.resolve(did, all)?.devices).toEqual([])
    expect([...(store.resolve(did, all)?.removals.keys() ?? [])]).toEqual([alice.did])
  })

  it.each([
    ['a height that is not its own', { height: 7 }, 'height-mismatch'],
    ['a sequence number that is not its own', { seq: 9 }, 'seq-mismatch'],
    ['no topic of events', { topics: ['other'] }, 'not-an-event']
  ])('R2 is refused with %s, as there', async (_, lie, rule) => {
    const alice = await forgeIdentity('alice')
    const { did, genesis } = await foundBy(alice)
    const blocks = [genesis, await eventOf(alice, genesis, LEAVE, lie)]
    expect(await new EvidenceStore().admit(did, blocks.map(rawOf), new Set())).toEqual({ rule })
  })
})

describe('evidence of an identity', () => {
  it('R34 keeps nothing of what was refused', async () => {
    const alice = await forgeIdentity('alice')
    const junk = await forgeEvents({
      genesis: alice.genesis,
      keys: keysOf('mallory'),
      after: [alice.genesis],
      build: document('mallory')
    })
    const store = new EvidenceStore()
    const ids = [alice.genesis, junk].map(({ signed }) => signed.id.toString())
    expect(await store.admit(alice.did, [alice.genesis, junk].map(rawOf), new Set())).toEqual({
      rule: 'not-the-key-in-force'
    })
    expect(store.rawBlocks(alice.did, ids)).toEqual([])
    expect(await store.admit(alice.did, [rawOf(alice.genesis)], new Set())).toEqual(ids.slice(0, 1))
    expect(store.rawBlocks(alice.did, ids)).toHaveLength(1)
  })
})
