import { encode } from '@ipld/dag-cbor'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseBlockId } from '../../src/block/id.ts'
import { ed25519PublicKey, signEd25519 } from '../../src/crypto/ed25519.ts'
import { multikeyOf } from '../../src/crypto/multikey.ts'
import { InvitationError } from '../../src/errors.ts'
import type { BaseBlockchain, Walytis } from '../../src/interface/index.ts'
import { FAILED_JOINS, MAX_JOINERS } from '../../src/membership/doorman.ts'
import {
  createInvitation,
  decodeInvitation,
  type InvitationDetails,
  invitationSigningKey
} from '../../src/membership/invitation.ts'
import {
  decodeAnswer,
  decodeChallenge,
  encodeProof,
  JOIN_PROTOCOL,
  requestJoin,
  transcriptBytes
} from '../../src/membership/join.ts'
import type { Frames } from '../../src/sync/framing.ts'
import { createActor } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { serveForged } from '../support/forger.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes, textsOf } from '../support/nodes.ts'
import { joinFrames, openJoin, startRawPeer } from '../support/raw-peer.ts'

const refused = { name: 'InvitationError', reason: 'refused' }
const mallorysKey = createActor('mallory')

describe('invitations', () => {
  const nodes = new TestNodes()
  const raw: Libp2p[] = []
  let alice: Walytis
  let notes: BaseBlockchain
  let hours = 0

  beforeEach(async () => {
    hours = 0
    alice = await nodes.start({ now: () => Date.now() + hours * 3_600_000 })
    notes = await alice.create()
  })

  afterEach(async () => {
    await Promise.all(raw.splice(0).map((peer) => peer.stop()))
    await nodes.stop()
  })

  async function rawPeer(): Promise<Libp2p> {
    const peer = await startRawPeer()
    raw.push(peer)
    return peer
  }

  it('R20, F12 can not be used more often than they say', async () => {
    const [bob, carol, dave] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const twice = await notes.invite({ uses: 2 })
    await bob.join(twice)
    await carol.join(twice)
    await expect(dave.join(twice)).rejects.toMatchObject(refused)
    expect(await all(dave.list())).toEqual([])
  })

  it('R20, F12 raced by several at once admit no more than they say', async () => {
    const joiners = await Promise.all([nodes.start(), nodes.start(), nodes.start()])
    const once = await notes.invite()
    const outcomes = await Promise.allSettled(joiners.map((node) => node.join(once)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('R22, F12 that hold once are honoured by who made them only, so two who bring one to two members do not both get in', async () => {
    const [bob, carol, dave] = [await nodes.start(), await nodes.start(), await nodes.start()]
    await bob.join(await notes.invite())
    const once = await notes.invite()
    const details = decodeInvitation(once.toString())
    const atBob = createInvitation({ ...details, peer: bob.peerId.toString(), addresses: bob.getMultiaddrs() })
    const outcomes = await Promise.allSettled([carol.join(once), dave.join(atBob)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(outcomes[1]).toMatchObject({ reason: refused })
    expect(await all(dave.list())).toEqual([])
  })

  it('R20, F12 can not be used once revoked, nor once expired by the clock of who admits', async () => {
    const bob = await nodes.start()
    const revoked = await notes.invite()
    await notes.revokeInvitation(revoked.id)
    await expect(bob.join(revoked)).rejects.toMatchObject(refused)

    const old = await notes.invite({ expires: new Date(Date.now() + 60_000) })
    hours = 1
    await expect(bob.join(old)).rejects.toMatchObject(refused)
    expect(await all(notes.invitations())).toEqual([])
    // the joiner's own copy decides nothing
    const details = decodeInvitation(old.toString())
    await expect(
      bob.join(createInvitation({ ...details, expires: new Date(Date.now() + 1e9), uses: 9 }))
    ).rejects.toMatchObject(refused)
  })

  it('R20 stay used after the inviter restarts', async () => {
    await using folder = await temporaryFolder()
    const [first, bob, carol] = [await nodes.start({ storage: folder.path }), await nodes.start(), await nodes.start()]
    const chain = await first.create()
    const once = await chain.invite()
    await bob.join(once)
    const port = first.getMultiaddrs()[0]?.toString().split('/')[4]
    await first.stop()
    const again = await nodes.start({ storage: folder.path, listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await again.open(chain.id)
    await expect(carol.join(once)).rejects.toMatchObject(refused)
  })

  it('are listed while they hold', async () => {
    const [one, two] = [await notes.invite(), await notes.invite({ uses: 3 })]
    await (await nodes.start()).join(one)
    const listed = await all(notes.invitations())
    expect(listed.map(String)).toEqual([two.toString()])
    expect(JSON.parse(JSON.stringify({ invitation: listed[0] }))).toEqual({ invitation: two.toString() })
  })

  it('that are shared can be honoured by any member, and revoked by any', async () => {
    const [bob, carol, dave] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const bobs = await bob.join(await notes.invite())
    const shared = await notes.invite({ shared: true, uses: 5 })
    expect((await bobs.sync()).level).toBe(true)
    const details = decodeInvitation(shared.toString())
    const atBob = createInvitation({ ...details, peer: bob.peerId.toString(), addresses: bob.getMultiaddrs() })
    await alice.libp2p.hangUp(carol.peerId)
    const carols = await carol.join(atBob)
    expect(carols.id).toBe(notes.id)
    await bobs.revokeInvitation(shared.id)
    expect((await notes.sync()).level).toBe(true)
    await expect(dave.join(shared)).rejects.toMatchObject(refused)
  })

  it('keep their topic to themselves', async () => {
    await expect(notes.add(bytes('x'), { topics: ['walytis:invitation'] })).rejects.toMatchObject({
      name: 'InvalidArgumentError'
    })
  })

  it('that nobody answers fail with a clear error', async () => {
    const bob = await nodes.start()
    const invitation = await notes.invite()
    await alice.stop()
    await expect(bob.join(invitation)).rejects.toMatchObject({ name: 'InvitationError', reason: 'unreachable' })
    await expect(bob.join('hello')).rejects.toMatchObject({ name: 'InvitationError', reason: 'malformed' })
  })

  it('F16 can be used while strangers keep the door busy', async () => {
    for (let i = 0; i < 8; i++) {
      const stranger = await rawPeer()
      for (let streams = 0; streams < 2; streams++) {
        // it was let in, and says nothing
        expect(decodeChallenge(await (await openJoin(stranger, alice.getMultiaddrs())).read())).toBeDefined()
      }
    }
    const bob = await nodes.start()
    expect((await bob.join(await notes.invite())).id).toBe(notes.id)
  })

  it('R34 can be used by who is slow, while one stranger comes over many connections', async () => {
    const [carol, stranger] = [await rawPeer(), await rawPeer()]
    const invitation = await notes.invite()
    const frames = await openJoin(carol, alice.getMultiaddrs())
    const silent: Frames[] = []
    for (let i = 0; i < MAX_JOINERS / 2; i++) {
      const connection = await stranger.dial(alice.getMultiaddrs(), { force: true })
      for (let streams = 0; streams < 2; streams++) silent.push(joinFrames(await connection.newStream(JOIN_PROTOCOL)))
    }
    const heard = await Promise.allSettled(silent.map((stream) => stream.read()))
    expect(heard).toHaveLength(MAX_JOINERS)
    const peers = { self: carol.peerId, inviter: alice.peerId }
    const details = decodeInvitation(invitation.toString())
    expect(await requestJoin(frames, peers, details, mallorysKey.signer, {})).toBeInstanceOf(Uint8Array)
  })

  it('R34 are not asked about again and again by one stranger; everybody else is heard', async () => {
    const [stranger, carol] = [await rawPeer(), await rawPeer()]
    const guess = async (peer: Libp2p, invitation: InvitationDetails): Promise<unknown> => {
      try {
        const frames = await openJoin(peer, alice.getMultiaddrs())
        const peers = { self: peer.peerId, inviter: alice.peerId }
        return await requestJoin(frames, peers, invitation, mallorysKey.signer, {})
      } catch (error) {
        return error instanceof InvitationError ? error.reason : 'cut off'
      }
    }
    const held = decodeInvitation((await notes.invite({ uses: 20 })).toString())
    const wrong = { ...held, secret: new Uint8Array(32).fill(3) }
    // what succeeds is not counted
    for (let i = 0; i < FAILED_JOINS.burst + 2; i++) expect(await guess(carol, held)).toBeInstanceOf(Uint8Array)
    for (let i = 0; i < FAILED_JOINS.burst; i++) expect(await guess(stranger, wrong)).toBe('refused')
    // a slow machine's time allows some more
    let outcome: unknown
    do outcome = await guess(stranger, wrong)
    while (outcome === 'refused')
    expect(outcome).toBe('cut off')
    expect(await guess(carol, held)).toBeInstanceOf(Uint8Array)
  })

  it('R21, F12 a replayed proof is refused, from whomever it comes; R30 all refusals are the same bytes', async () => {
    const [eve, mallory] = [await rawPeer(), await rawPeer()]
    const invitation = decodeInvitation((await notes.invite({ uses: 10 })).toString())
    const seed = invitationSigningKey(invitation.secret)
    const key = multikeyOf(mallorysKey.signer.publicKey)
    const chain = parseBlockId(notes.id)
    const unknown = parseBlockId((await (await nodes.start()).create()).id)

    const exchange = async (peer: Libp2p, makeProof: (challenge: Uint8Array) => Promise<Uint8Array>) => {
      const frames = await openJoin(peer, alice.getMultiaddrs())
      const challenge = decodeChallenge(await frames.read())
      if (challenge === undefined) return expect.unreachable('no challenge')
      await frames.write([await makeProof(challenge)])
      const answer = await frames.read()
      await frames.close()
      return answer
    }
    const prove = async (
      challenge: Uint8Array,
      joiner: Libp2p,
      lie: { chain?: typeof chain; seed?: Uint8Array } = {}
    ) => {
      const named = lie.chain ?? chain
      const message = transcriptBytes({
        challenge,
        inviter: alice.peerId.toString(),
        joiner: joiner.peerId.toString(),
        chain: named,
        key
      })
      const signature = await mallorysKey.signer.sign(message)
      const invitationSignature = signEd25519(lie.seed ?? seed, message)
      return encodeProof({
        chain: named,
        key,
        invitation: ed25519PublicKey(lie.seed ?? seed),
        invitationSignature,
        signature
      })
    }

    let observed = new Uint8Array()
    const granted = await exchange(mallory, async (challenge) => {
      observed = new Uint8Array(await prove(challenge, mallory))
      return observed
    })
    expect(decodeAnswer(granted)).toBeInstanceOf(Uint8Array)

    const refusals = [
      await exchange(eve, async () => observed),
      await exchange(mallory, async () => observed),
      await exchange(eve, (challenge) => prove(challenge, mallory)),
      await exchange(eve, (challenge) => prove(challenge, eve, { seed: new Uint8Array(32).fill(1) })),
      await exchange(eve, (challenge) => prove(challenge, eve, { chain: unknown })),
      await exchange(eve, async () => encode({ v: 1, type: 'proof' }))
    ]
    for (const answer of refusals) {
      expect(decodeAnswer(answer)).toBeNull()
      expect(answer).toEqual(refusals[0])
    }
  })

  it.each([
    ['a wrongly signed block', 'signature'],
    ['another genesis', 'genesis']
  ])('R23 a joiner who is sent %s keeps nothing of it', async (_name, kind) => {
    const [mallory, bob] = [await rawPeer(), await nodes.start()]
    const genesis = await forgeGenesis(mallorysKey)
    const other = await forgeGenesis(mallorysKey, undefined, new Uint8Array(32).fill(1))
    const next = await forgeBlock({
      signer: mallorysKey.signer,
      genesis: genesis.signed,
      parents: [genesis.signed],
      prev: genesis.signed
    })
    const damaged = next.block.slice()
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
    const sent = kind === 'genesis' ? [other] : [genesis, { block: damaged, content: next.content }]
    const chain = genesis.signed.id
    const invitation = await serveForged(mallory, {
      chain,
      heads: [next.signed.id],
      sent: async function* () {
        yield sent
      }
    })
    await expect(bob.join(invitation)).rejects.toMatchObject({ name: 'InvitationError', reason: 'forged' })
    expect(await all(bob.list())).toEqual([])
    await expect(bob.open(chain.toString())).rejects.toMatchObject({ name: 'NotFoundError' })
    const traces = await all(bob.store.keys({ keyEncoding: 'utf8' }))
    expect(traces.filter((name) => name.includes(chain.toString()))).toEqual([])
  })

  it('R23 leave a chain that is already held alone', async () => {
    const bob = await nodes.start()
    await notes.add(bytes('kept'))
    await bob.join(await notes.invite())
    const again = await bob.join(await notes.invite())
    expect(await textsOf(again)).toEqual(['kept'])
  })
})
