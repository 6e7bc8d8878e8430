import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWalytis, encodeCanonical } from 'walytis'
import type { Walytis } from 'walytis/interface'
import { authorOnly, type ChangePolicy, inGenesis, moderatedBy, mutable } from '../src/index.ts'
import { keyOf } from './support/drawn-chain.ts'
import { bytes } from './support/pair.ts'

const own: ChangePolicy = { name: 'notes/anybody', parameters: bytes('2'), mayChange: () => true }
const local = { listen: [], discovery: { mdns: false } }

describe('a policy that the genesis names', () => {
  let walytis: Walytis
  beforeEach(async () => {
    walytis = await createWalytis(local)
  })
  afterEach(async () => await walytis.stop())

  it('is followed without being given, when it is one of this package', async () => {
    const chain = await walytis.create({ layers: inGenesis(moderatedBy(['someone', 'else'])) })
    const same = moderatedBy(['else', 'someone'])
    await (await mutable(chain)).close()
    await (await mutable(await walytis.open(chain.id), { policy: same })).close()
    const plain = await walytis.create({ layers: inGenesis(authorOnly) })
    await (await (await mutable(plain)).add(bytes('one'))).edit(bytes('two'))
  })

  it('is followed when it is given, and shows on top', async () => {
    const chain = await mutable(await walytis.create({ layers: inGenesis(own) }), { policy: own })
    expect(chain.layers).toEqual(inGenesis(own))
    await (await chain.add(bytes('one'))).edit(bytes('two'))
  })

  it('R31 is the only one that a node follows', async () => {
    const chain = await walytis.create({ layers: inGenesis(own) })
    const others = [undefined, authorOnly, { ...own, parameters: bytes('3') }, { ...own, name: 'notes/nobody' }]
    for (const policy of others) {
      await expect(mutable(chain, { policy })).rejects.toMatchObject({
        name: 'PolicyMismatchError',
        expected: own.name,
        actual: policy?.name
      })
    }
    await mutable(chain, { policy: own })
  })

  it('F8 gives a named error, whatever stands there', async () => {
    const garbage = [new Uint8Array(), bytes('garbage'), encodeCanonical({ name: 'author' }), encodeCanonical(7)]
    for (const said of garbage) {
      const chain = await walytis.create({ layers: { 'walytis-mutability': said } })
      await expect(mutable(chain)).rejects.toMatchObject({ name: 'UnknownPolicyError', chain: chain.id })
    }
    for (const parameters of [bytes('garbage'), encodeCanonical([7]), encodeCanonical(['b', 'a'])]) {
      const chain = await walytis.create({ layers: inGenesis({ ...own, name: 'moderated', parameters }) })
      await expect(mutable(chain)).rejects.toMatchObject({ name: 'PolicyMismatchError', expected: 'moderated' })
    }
  })
})

describe('moderators', () => {
  const policy = moderatedBy(['carol', 'dave'])
  const by = (author: string, kind: 'update' | 'delete' | 'restore') => ({ author, kind, creator: keyOf(author) })
  const original = { id: undefined as never, author: 'alice', creator: keyOf('alice'), topics: [] }
  const may = (author: string, kind: 'update' | 'delete' | 'restore', deletedBy?: string): boolean => {
    const latest = deletedBy === undefined ? [] : [by(deletedBy, 'delete')]
    return policy.mayChange(by(author, kind), original, { deleted: deletedBy !== undefined, latest })
  }

  it('R31 delete and restore what others wrote, and edit none of it', () => {
    expect([may('carol', 'delete'), may('carol', 'restore', 'carol'), may('dave', 'restore', 'carol')]).toEqual([
      true,
      true,
      true
    ])
    expect([may('carol', 'update'), may('bob', 'delete'), may('bob', 'update')]).toEqual([false, false, false])
  })

  it("R31 have the last word over what they deleted, against its author's", () => {
    expect([may('alice', 'update'), may('alice', 'delete'), may('alice', 'restore', 'alice')]).toEqual([
      true,
      true,
      true
    ])
    expect([may('alice', 'restore', 'carol'), may('alice', 'update', 'carol')]).toEqual([false, false])
  })
})
