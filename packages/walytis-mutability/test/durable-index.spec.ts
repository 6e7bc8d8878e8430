import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { Blockchain, LayerRows, Walytis } from 'walytis/interface'
import { countReads } from 'walytis/testing'
import { authorOnly, type ChangePolicy, type MutableBlockchain, moderatedBy, mutable } from '../src/index.ts'
import { encodeOperation } from '../src/operations/format.ts'
import { bytes, textOf, textsOf } from './support/pair.ts'

let folder: string
let walytis: Walytis
let id: string
let chain: MutableBlockchain

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mutability-index-'))
  walytis = await createWalytis({ storage: folder, listen: [], discovery: { mdns: false } })
  const plain = await walytis.create()
  id = plain.id
  chain = await mutable(plain)
})
afterEach(async () => {
  await walytis.stop()
  await rm(folder, { recursive: true })
})

/** The process ends without a word to the chain, and begins again. */
async function restart(policy?: ChangePolicy): Promise<MutableBlockchain> {
  await walytis.stop()
  await walytis.start()
  chain = await mutable(await walytis.open(id), { policy })
  return chain
}

const rowsOf = (plain: Blockchain): LayerRows => {
  const rows = plain.rows?.('walytis-mutability')
  if (rows === undefined) throw new RangeError('a plain chain has rows')
  return rows
}
const STATE = { group: Uint8Array.of(0x6d), key: Uint8Array.of(0) }

describe('the index on the disk', () => {
  it('F1 takes in what the chain got while it was not followed', async () => {
    const one = await chain.add(bytes('one'))
    const two = await chain.add(bytes('two'))
    await one.edit(bytes('ONE'))
    await walytis.stop()
    await walytis.start()
    // Written past this layer, as by a process that was killed before the index had it.
    const plain = await walytis.open(id)

    await plain.add(encodeOperation({ kind: 'delete', original: two.id }), { topics: ['mutability:delete'] })
    chain = await mutable(plain)
    expect(await textsOf(chain.blocks())).toEqual(['ONE'])
    expect(await chain.count()).toBe(1)
  })

  it('is made once, and not again when it is opened', async () => {
    const block = await chain.add(bytes('one'))
    for (const text of ['two', 'three', 'four']) await block.edit(bytes(text))
    await chain.count()
    await restart()
    await chain.count()
    await walytis.stop()
    await walytis.start()
    const reads = countReads(walytis.store)
    chain = await mutable(await walytis.open(id))
    await chain.get(block.id)
    // Not one of the changes was read; the genesis was, which says what the chain is.
    expect(reads().contents).toBeLessThanOrEqual(2)
    expect(await textOf(await chain.get(block.id))).toBe('four')
  })

  it('is made anew for another policy, and again for the first', async () => {
    const author = chain.writer?.author ?? ''
    const frozen: ChangePolicy = { name: 'test/frozen', parameters: new Uint8Array(), mayChange: () => false }
    const block = await (await chain.add(bytes('one'))).edit(bytes('two'))
    await (await chain.add(bytes('gone'))).delete()
    expect(await chain.count()).toBe(1)
    await restart(frozen)
    expect(await textsOf(chain.blocks())).toEqual(['one', 'gone'])
    expect(await chain.count()).toBe(2)
    await expect((await chain.get(block.id)).edit(bytes('x'))).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await restart(moderatedBy([author]))
    expect(await textsOf(chain.blocks())).toEqual(['two'])
    await restart(authorOnly)
    expect(await chain.count()).toBe(1)
  })

  for (const [what, spoil] of [
    ['of an unknown version', new Uint8Array([0xa1, 0x61, 0x76, 0x18, 0x63])],
    ['that is no row at all', new Uint8Array([0xff])],
    ['that is gone', undefined]
  ] as const) {
    it(`is made anew when it begins with a row ${what}`, async () => {
      await (await chain.add(bytes('one'))).edit(bytes('two'))
      await chain.close()
      const plain = await walytis.open(id)
      await rowsOf(plain).write([{ ...STATE, value: spoil }])
      chain = await mutable(plain)
      expect(await textsOf(chain.blocks())).toEqual(['two'])
    })
  }

  it('says by name that a row is damaged, and is whole again when it is opened once more', async () => {
    const block = await (await chain.add(bytes('one'))).edit(bytes('two'))
    const plain = await walytis.open(id)
    await rowsOf(plain).write([{ group: Uint8Array.of(0x68), key: block.id.bytes, value: bytes('rotten') }])
    await expect(textsOf(chain.blocks())).rejects.toMatchObject({ name: 'IndexDamagedError' })
    await chain.close()
    chain = await mutable(await walytis.open(id))
    expect(await textsOf(chain.blocks())).toEqual(['two'])
  })

  it('goes with its chain', async () => {
    await (await chain.add(bytes('one'))).edit(bytes('two'))
    await walytis.delete(id)
    for await (const key of walytis.store.keys({ keyEncoding: 'utf8' })) expect(key).not.toContain('walytis-mutability')
  })
})

describe('a chain', () => {
  it('is followed by one at a time', async () => {
    const plain = await walytis.open(id)
    await expect(mutable(plain)).rejects.toMatchObject({ name: 'AlreadyOpenError', chain: id })
    // As seen through a wrapper, too.
    const seen = new Proxy(plain, {
      get: (target, property: keyof Blockchain) => {
        const value: unknown = target[property]
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
    await chain.add(bytes('still works'))
    await expect(mutable(seen)).rejects.toMatchObject({ name: 'AlreadyOpenError' })
    expect(await chain.count()).toBe(1)
    await chain.close()
    chain = await mutable(await walytis.open(id))
    expect(await chain.count()).toBe(1)
  })

  it('can be opened again after the opening was aborted', async () => {
    await chain.close()
    const plain = await walytis.open(id)
    await expect(mutable(plain, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    chain = await mutable(plain)
    expect(await chain.count()).toBe(0)
  })
})

describe('a view of the application', () => {
  it('F1 is told of every change at least once, by a handler that was killed in the middle', async () => {
    const block = await chain.add(bytes('one'))
    const view = new Map<string, string>()
    const killed = Promise.withResolvers<never>()
    const first = await chain.consume('view', async ({ block }) => {
      view.set(block.id.toString(), await textOf(block))
      // The first change is in the view; the process ends before the second is.
      if (view.get(block.id.toString()) === 'two') await killed.promise
    })
    await block.edit(bytes('two'))
    killed.promise.catch(() => {})
    await expect(first.drained({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' })
    view.clear()
    const closing = walytis.stop()
    killed.reject(new RangeError('killed'))
    await closing
    await walytis.start()
    chain = await mutable(await walytis.open(id))
    const second = await chain.consume('view', async ({ block }) => {
      view.set(block.id.toString(), block.deleted ? 'deleted' : await textOf(block))
    })
    await second.drained()
    expect([...view.values()]).toEqual(['two'])
    await (await chain.get(block.id)).delete()
    await second.drained()
    expect([...view.values()]).toEqual(['deleted'])
    await second.close()
  })

  it('is kept by events, which say what was before and what is now', async () => {
    const told: Promise<[string, string, string]>[] = []
    for (const type of ['block:edited', 'block:deleted', 'block:restored'] as const) {
      chain.addEventListener(type, ({ detail: { block, before } }) => {
        const state = async (one: typeof block): Promise<string> =>
          `${await textOf(one)}${one.deleted ? ' (gone)' : ''}`
        told.push(Promise.all([type, state(before), state(block)]))
      })
    }
    const block = await (await chain.add(bytes('one'))).edit(bytes('two'))
    await (await block.delete()).restore()
    expect(await Promise.all(told)).toEqual([
      ['block:edited', 'one', 'two'],
      ['block:deleted', 'two', 'two (gone)'],
      ['block:restored', 'two (gone)', 'two']
    ])
  })
})
