import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ChangePolicy,
  type MutableBlock,
  type MutableBlockchain,
  type MutableEvents,
  moderatedBy,
  mutable
} from '../src/index.ts'
import { encodeOperation } from '../src/operations/format.ts'
import { bytes, openPair, type Pair, textOf, textsOf } from './support/pair.ts'

let pair: Pair
let alice: MutableBlockchain
let bob: MutableBlockchain

beforeEach(async () => {
  pair = await openPair()
  alice = await mutable(pair.alice)
  bob = await mutable(pair.bob)
})

afterEach(async () => {
  await pair[Symbol.asyncDispose]()
})

/** Both chains again, under another policy. */
async function reopened(policy: ChangePolicy): Promise<[MutableBlockchain, MutableBlockchain]> {
  await Promise.all([alice.close(), bob.close()])
  pair.alice = await pair.nodes.alice.open(alice.id)
  pair.bob = await pair.nodes.bob.open(bob.id)
  alice = await mutable(pair.alice, { policy })
  bob = await mutable(pair.bob, { policy })
  const level = next(bob, 'sync:level')
  if (bob.getPeers().length === 0) await level
  return [alice, bob]
}

/** The next event of a type. */
async function next<K extends keyof MutableEvents>(chain: MutableBlockchain, type: K): Promise<MutableEvents[K]> {
  return await new Promise((resolve) => chain.addEventListener(type, resolve, { once: true }))
}

/** Add at one side, and wait until the other side has it. */
async function share(from: MutableBlockchain, to: MutableBlockchain, text: string, topics?: string[]) {
  const told = next(to, 'block:added')
  const block = await from.add(bytes(text), { topics })
  await told
  return block
}

describe('a mutable block', () => {
  it('shows its last edit everywhere, and is found by the ids of its edits', async () => {
    const block = await share(alice, bob, 'milk', ['shopping'])
    const told = next(bob, 'block:edited')
    const edited = await block.edit(bytes('milk, bread'))
    expect(await textOf(edited)).toBe('milk, bread')
    expect(await textOf(block)).toBe('milk')

    const { block: shown } = (await told).detail
    expect(shown.id.equals(block.id)).toBe(true)
    expect(await textOf(shown)).toBe('milk, bread')
    expect(shown.editedAt).toBeInstanceOf(Date)
    expect(shown.size).toBe('milk, bread'.length)
    expect(shown.topics).toEqual(['shopping'])
    const update = (await versionsOf(shown)).at(-1)?.id ?? ''
    expect((await bob.get(update)).id.equals(block.id)).toBe(true)
    expect(await bob.has(update)).toBe(true)
    expect(await bob.count()).toBe(1)
    expect(await textsOf(bob.blocks({ topics: { all: ['shopping'] } }))).toEqual(['milk, bread'])
  })

  it('keeps all versions, with their authors and contents', async () => {
    const block = await alice.add(bytes('one'))
    const edited = await (await block.edit(bytes('two'))).edit(bytes('three'))
    const restored = await (await edited.delete()).restore()
    expect(await versionsOf(restored)).toMatchObject([
      { kind: 'original', text: 'one' },
      { kind: 'update', text: 'two' },
      { kind: 'update', text: 'three' },
      { kind: 'delete', text: 'three' },
      { kind: 'restore', text: 'three' }
    ])
    for (const { author } of await versionsOf(restored)) expect(author).toBe(alice.writer?.author)
  })

  it('is left out while it is deleted, and comes back', async () => {
    const block = await share(alice, bob, 'one')
    await share(alice, bob, 'two')
    const deleted = next(bob, 'block:deleted')
    const gone = await block.delete()
    expect(gone.deleted).toBe(true)
    expect((await deleted).detail.block.deleted).toBe(true)
    for (const chain of [alice, bob]) {
      expect(await textsOf(chain.blocks())).toEqual(['two'])
      expect(await textsOf(chain.blocks({ limit: 1 }))).toEqual(['two'])
      expect(await chain.count()).toBe(1)
      expect(await chain.count({ limit: 5 })).toBe(1)
      expect((await chain.get(block.id)).deleted).toBe(true)
    }
    const restored = next(bob, 'block:restored')
    await gone.restore()
    expect(await textOf((await restored).detail.block)).toBe('one')
    expect(await textsOf(bob.blocks())).toEqual(['one', 'two'])
  })

  it('can not be edited while deleted, nor deleted twice, nor restored when it is there', async () => {
    const block = await alice.add(bytes('one'))
    await expect(block.restore()).rejects.toMatchObject({ name: 'ChangeConflictError' })
    const gone = await block.delete()
    await expect(gone.edit(bytes('two'))).rejects.toMatchObject({ name: 'ChangeConflictError' })
    await expect(block.delete()).rejects.toMatchObject({ name: 'ChangeConflictError' })
  })

  it('takes edits as large as fit beside a block, and says so of larger ones', async () => {
    const block = await share(alice, bob, 'small')
    const largest = new Uint8Array(256 * 1024 - 80).fill(7)
    const told = next(bob, 'block:edited')
    await block.edit(largest)
    expect(await (await told).detail.block.content()).toEqual(largest)
    await expect(block.edit(new Uint8Array(256 * 1024))).rejects.toMatchObject({ name: 'LimitExceededError' })
  })

  it('is not confused by a caller that reuses its buffer', async () => {
    const block = await alice.add(bytes('one'))
    const buffer = bytes('before')
    const editing = block.edit(buffer)
    buffer.set(bytes('AFTER!'))
    expect(await textOf(await editing)).toBe('before')
  })
})

describe('a mutable chain', () => {
  it('refuses topics of its own from the application, and hides them', async () => {
    await expect(alice.add(bytes('x'), { topics: ['mutability:delete'] })).rejects.toMatchObject({
      name: 'ReservedTopicError'
    })
    const block = await alice.add(bytes('x'), { topics: ['a'] })
    expect(block.topics).toEqual(['a'])
    expect(await alice.count({ topics: { any: ['mutability:original'] } })).toBe(0)
    expect(await alice.count({ topics: { any: ['mutability:original', 'a'] } })).toBe(1)
    expect(await alice.count({ topics: { all: ['mutability:original'] } })).toBe(0)
  })

  it('shows nothing of what others put on the chain beneath', async () => {
    const foreign = await pair.alice.add(bytes('foreign'), { topics: ['a'] })
    expect(await alice.count()).toBe(0)
    expect(await alice.has(foreign.id)).toBe(false)
    await expect(alice.get(foreign.id)).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('counts deleted blocks out of every query', async () => {
    const first = await alice.add(bytes('1'), { topics: ['a'] })
    await alice.add(bytes('2'), { topics: ['a', 'b'] })
    const third = await alice.add(bytes('3'), { topics: ['b'] })
    await first.delete()
    await third.delete()
    expect(await alice.count()).toBe(1)
    expect(await alice.count({ topics: { all: ['a'] } })).toBe(1)
    expect(await alice.count({ topics: { any: ['b'] } })).toBe(1)
    expect(await alice.count({ creator: first.creator })).toBe(1)
    expect(await alice.count({ since: new Date(first.time.getTime() + 3_600_000) })).toBe(0)
    expect(await alice.count({ order: 'arrival', after: first.id })).toBe(1)
  })

  it('shows the same when it is opened again', async () => {
    const one = await alice.add(bytes('one'))
    const two = await alice.add(bytes('two'))
    const three = await alice.add(bytes('three'))
    await (await one.edit(bytes('ONE'))).edit(bytes('One'))
    await two.delete()
    await (await three.delete()).restore()
    const before = await textsOf(alice.blocks())
    expect(before).toEqual(['One', 'three'])
    await alice.close()
    const again = await mutable(await pair.nodes.alice.open(pair.alice.id))
    expect(await textsOf(again.blocks())).toEqual(before)
    expect(await again.count()).toBe(2)
    expect(await versionsOf(await again.get(one.id))).toHaveLength(3)
  })

  it('tells a consumer of every change of an original, also of those while it was away', async () => {
    const block = await alice.add(bytes('one'))
    const seen: string[] = []
    const read = async ({ kind, block }: { kind: string; block: MutableBlock }): Promise<void> => {
      seen.push(`${kind} ${block.deleted ? 'deleted' : await textOf(block)}`)
    }
    const first = await alice.consume('view', read)
    await first.drained()
    expect(seen).toEqual(['block one'])
    await first.close()
    const edited = await block.edit(bytes('two'))
    const second = await alice.consume('view', read)
    await second.drained()
    await edited.delete()
    await second.drained()
    expect(seen).toEqual(['block one', 'block two', 'block deleted'])
    await second.close()
  })
})

describe('R31', () => {
  it("R31 an edit, delete or restore of another's block is refused, and writes nothing", async () => {
    const block = await share(alice, bob, 'by alice')
    const heads = await bob.heads()
    const seen = await bob.get(block.id)
    await expect(seen.edit(bytes('by bob'))).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await expect(seen.delete()).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await expect(seen.restore()).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    expect(await bob.heads()).toEqual(heads)
  })

  it("R31 a change of another's block that was written all the same is ignored everywhere", async () => {
    const block = await share(alice, bob, 'by alice')
    for (const kind of ['update', 'delete'] as const) {
      const operation = encodeOperation(
        kind === 'update' ? { kind, original: block.id, content: bytes('forged') } : { kind, original: block.id }
      )
      await pair.bob.add(operation, { topics: [`mutability:${kind}`] })
    }
    await share(bob, alice, 'afterwards')
    for (const chain of [alice, bob]) {
      const shown = await chain.get(block.id)
      expect(await textOf(shown)).toBe('by alice')
      expect(shown.deleted).toBe(false)
      expect(await versionsOf(shown)).toHaveLength(1)
      expect(await textsOf(chain.blocks())).toEqual(['by alice', 'afterwards'])
    }
    // The author's own changes go on working after them.
    const told = next(bob, 'block:edited')
    await block.edit(bytes('by alice, edited'))
    expect(await textOf((await told).detail.block)).toBe('by alice, edited')
  })

  it('R31 a moderator may, where the policy says so', async () => {
    const moderator = bob.writer?.author ?? ''
    const [moderatedByAlice, moderatedByBob] = await reopened(moderatedBy([moderator]))
    const block = await share(moderatedByAlice, moderatedByBob, 'rude')
    const seen = await moderatedByBob.get(block.id)
    await expect(seen.edit(bytes('polite'))).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    const told = next(moderatedByAlice, 'block:deleted')
    await seen.delete()
    const [, removal] = await versionsOf((await told).detail.block)
    expect(removal).toMatchObject({ kind: 'delete', author: moderator, text: 'rude' })
  })

  it('R31 the nth edit of an edit shows, when it names the edit and not the original', async () => {
    const block = await share(alice, bob, 'one')
    const first = next(bob, 'block:edited')
    const edited = await block.edit(bytes('two'))
    await first
    let named = (await versionsOf(edited)).at(-1)?.id ?? block.id
    for (const text of ['three', 'four']) {
      const told = next(bob, 'block:edited')
      const operation = encodeOperation({ kind: 'update', original: named, content: bytes(text) })
      named = (await pair.alice.add(operation, { topics: ['mutability:update'] })).id
      expect(await textOf((await told).detail.block)).toBe(text)
    }
    expect((await versionsOf(await bob.get(block.id))).map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four'])
  })

  it('R31 concurrent changes converge, and lose nothing of the history', async () => {
    const [byAlice, byBob] = await reopened({
      name: 'test/anybody',
      parameters: new Uint8Array(),
      mayChange: () => true
    })
    const block = await share(byAlice, byBob, 'start')
    const seen = await byBob.get(block.id)
    // Written at the same moment on both sides, over and over: some follow each other and some don't.
    for (let round = 0; round < 5; round++) {
      await Promise.all([block.edit(bytes(`alice ${round}`)), seen.edit(bytes(`bob ${round}`))])
    }
    await Promise.all([byAlice.sync(), byBob.sync()])
    const [atAlice, atBob] = [await byAlice.get(block.id), await byBob.get(block.id)]
    expect(await textOf(atBob)).toBe(await textOf(atAlice))
    expect(await versionsOf(atBob)).toEqual(await versionsOf(atAlice))
    expect(await versionsOf(atAlice)).toHaveLength(11)
  })

  it('R31 a change that does not follow its original, or names nothing, is ignored', async () => {
    const block = await alice.add(bytes('one'))
    const unknown = encodeOperation({ kind: 'delete', original: block.parents[0] ?? block.id })
    await pair.alice.add(unknown, { topics: ['mutability:delete'] })
    const ignored = await pair.alice.add(bytes('garbage'), { topics: ['mutability:delete'] })
    await expect(alice.get(ignored.id)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await alice.has(ignored.id)).toBe(false)
    expect(await textsOf(alice.blocks())).toEqual(['one'])
    expect((await alice.get(block.id)).deleted).toBe(false)
  })
})

async function versionsOf(block: MutableBlock) {
  const versions = []
  for await (const version of block.versions()) {
    const { kind, author, id } = version
    versions.push({ kind, author, id, text: await textOf(version) })
  }
  return versions
}
