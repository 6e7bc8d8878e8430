import { randomBytes } from '@noble/hashes/utils.js'
import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlockId } from 'walytis/interface'
import { domains } from '../../src/domains.ts'
import { leafHash, rootOf } from '../../src/envelope/hash-tree.ts'
import { piecesOf } from '../../src/envelope/open.ts'
import { type Sealed, sealContent } from '../../src/envelope/seal.ts'
import { Pool } from '../../src/exchange/pool.ts'
import { ContentRefusedError, privately } from '../../src/index.ts'
import { Intake } from '../../src/intake/intake.ts'
import type { IntakeListener } from '../../src/intake/listener.ts'
import { Reader } from '../../src/reader.ts'
import { bindingOf } from '../../src/reference/binding.ts'
import { sealDetails } from '../../src/reference/details.ts'
import { encodeReference, type Reference } from '../../src/reference/format.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { arrival, bytes, Cast, event, type Member, texts } from './members.ts'
import { envelopeOf } from './stored.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
})
afterEach(async () => {
  await cast.end()
})

/** Bob's intake by itself, and what it tells, in order. */
async function intakeOf(member: Member): Promise<{ intake: Intake; told: string[] }> {
  const { group } = member
  const told: string[] = []
  const listener: IntakeListener = {
    available: (_shown, content, _peer, late) => {
      told.push(`available ${new TextDecoder().decode(content)}${late ? ' late' : ''}`)
    },
    announced: () => told.push('announced'),
    wanted: () => told.push('wanted'),
    unwanted: () => told.push('unwanted'),
    obtained: (_id, _epoch, from) => told.push(`obtained from ${from}`),
    known: (_id, from) => told.push(`known ${from}`),
    wrong: (_id, rule, from) => told.push(`wrong ${rule} from ${from}`),
    removed: () => told.push('removed'),
    refused: (_id, rule) => told.push(`refused ${rule}`),
    changed: (_shown, kind) => told.push(kind)
  }
  const intake = new Intake({
    base: group.blockchain,
    group,
    store: await ContentStore.open(group.store, group.blockchain.id, member.keyStore),
    reader: new Reader(CID.parse(group.blockchain.id), group.epochs),
    pool: new Pool(),
    listener,
    fetches: () => true,
    report: (error) => told.push(String(error)),
    now: () => 0
  })
  return { intake, told }
}

/** Bob's node has Alice's block, and his intake has not seen it. */
async function blockBehindIntake(): Promise<{ id: BlockId; envelope: Uint8Array }> {
  await bob.chain.close()
  const { id } = await alice.chain.add(bytes('true words'))
  await expect.poll(async () => await bob.group.blockchain.has(id)).toBe(true)
  return { id, envelope: await envelopeOf(alice, id) }
}

const ALICE = 'did:walytis:alice'
const EVE = 'did:walytis:eve'

describe('an envelope that comes before its block', () => {
  it('is kept with it', async () => {
    const { id, envelope } = await blockBehindIntake()
    const { intake, told } = await intakeOf(bob)
    await intake.give(id, ALICE, envelope)
    expect(told).toEqual([])
    await intake.observe(id, false)
    expect(told).toEqual([`obtained from ${ALICE}`, 'available true words'])
    await intake.observe(id, false)
    await intake.give(id, EVE, envelope)
    expect(told.slice(2)).toEqual([`known ${EVE}`])
  })

  it('R29 can not crowd out the right one', async () => {
    const { id, envelope } = await blockBehindIntake()
    const wrong = Uint8Array.from(envelope)
    wrong[150] = (wrong[150] ?? 0) ^ 1
    const { intake, told } = await intakeOf(bob)
    await intake.give(id, EVE, wrong)
    await intake.give(id, ALICE, envelope)
    await intake.observe(id, false)
    expect(told).toEqual([`wrong envelope-root from ${EVE}`, `obtained from ${ALICE}`, 'available true words'])
  })

  it('R29 when it is the only one and wrong, leaves the block wanting the right one', async () => {
    const { id, envelope } = await blockBehindIntake()
    const { intake, told } = await intakeOf(bob)
    await intake.give(id, EVE, bytes('junk'))
    await intake.observe(id, false)
    expect(told).toEqual([`wrong envelope-size from ${EVE}`, 'wanted'])
    await Promise.all([intake.give(id, EVE, bytes('more junk')), intake.give(id, ALICE, envelope)])
    expect(told.slice(2)).toEqual([
      `wrong envelope-size from ${EVE}`,
      `obtained from ${ALICE}`,
      'available true words late'
    ])
  })
})

describe('a member that writes what it does not keep', () => {
  /** Alice's own content, altered by someone who knows all keys; pushed by her as if nothing were wrong. */
  async function writeForged(forge: (sealed: Sealed, seal: (r: Reference) => Reference) => Sealed): Promise<BlockId> {
    const base = alice.group.blockchain
    const creator = base.writer?.creator
    let envelope = new Uint8Array()
    const block = await base.append(async (position) => {
      const epoch = await alice.group.epochs.at(position)
      if (epoch === undefined || creator === undefined || position.chain === null) throw new TypeError('no epoch')
      const detailsKey = epoch.secret(domains.detailsSecret)
      const place = bindingOf(position.chain, creator)
      const sealed = sealContent(bytes('words'), ['a'], place, { epoch, detailsKey }, randomBytes)
      const reseal = (reference: Reference): Reference => ({
        ...reference,
        details: sealDetails(sealed.details, reference, place, detailsKey, randomBytes(24))
      })
      const forged = forge(sealed, reseal)
      envelope = Uint8Array.from(forged.envelope)
      return { content: encodeReference(forged.reference), topics: [] }
    })
    await expect.poll(async () => await bob.group.blockchain.has(block.id)).toBe(true)
    const { intake, told } = await intakeOf(bob)
    await intake.give(block.id, ALICE, envelope)
    await intake.observe(block.id, false)
    expect(told.at(-1)).toMatch(/^refused/)
    return block.id
  }

  it.each<[string, Parameters<typeof writeForged>[0]]>([
    [
      'key-commitment',
      (sealed, reseal) => ({ ...sealed, reference: reseal({ ...sealed.reference, commitment: new Uint8Array(32) }) })
    ],
    [
      'chunk-not-authentic',
      (sealed, reseal) => {
        const envelope = Uint8Array.from(sealed.envelope)
        envelope[150] = (envelope[150] ?? 0) ^ 1
        const root = rootOf(piecesOf(envelope).map(leafHash))
        return { ...sealed, envelope, reference: reseal({ ...sealed.reference, root }) }
      }
    ],
    [
      'details-not-authentic',
      (sealed) => ({ ...sealed, reference: { ...sealed.reference, details: new Uint8Array(104) } })
    ]
  ])('is refused on every node, and never shown: %s', async (rule, forge) => {
    await bob.chain.close()
    const id = await writeForged(forge)
    const chain = await privately(bob.group)
    const handled = new Set<string>()
    const consumer = await chain.consume('reader', async ({ block }) => {
      handled.add(block.id.toString())
    })
    await alice.chain.add(bytes('honest'))
    await arrival({ ...bob, chain }, 'honest')
    await consumer.drained()
    await expect(chain.get(id)).rejects.toMatchObject({ name: 'ContentRefusedError', rule })
    expect(await chain.has(id)).toBe(false)
    expect(await texts(chain)).toEqual(['honest'])
    expect(await chain.count({ topics: { all: ['a'] } })).toBe(0)
    expect(handled.size).toBe(1)
    await chain.close()
  })

  it('R38 is told of, and what waits for its content is told too', async () => {
    const refused = event(bob.chain, 'content:refused')
    const base = alice.group.blockchain
    const { id } = await base.append(async (position) => {
      const epoch = await alice.group.epochs.at(position)
      if (epoch === undefined) throw new TypeError('no epoch')
      return { content: encodeReference({ ...junkReference, epoch: epoch.id }), topics: [] }
    })
    expect((await refused).detail).toEqual({ id, author: alice.identity.did, rule: 'details-not-authentic' })
    await expect(bob.chain.get(id)).rejects.toThrow(ContentRefusedError)
  })
})

const junkReference = {
  root: new Uint8Array(32),
  commitment: new Uint8Array(32),
  sizeClass: 256,
  details: new Uint8Array(104)
}
