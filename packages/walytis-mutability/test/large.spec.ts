import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { Walytis } from 'walytis/interface'
import { countReads, type Reads } from 'walytis/testing'
import { type MutableBlock, type MutableBlockchain, mutable } from '../src/index.ts'
import { bytes } from './support/pair.ts'

/** `WALYTIS_LENGTH=100000` for the length that the bounds are meant for; they hold for any shorter one. */
const ORIGINALS = Number(process.env['WALYTIS_LENGTH'] ?? 400)
const EDITS_OF_EACH = 3
const AT_ONCE = 64
/** Of iterating: a posting, a block, and how it stands; and of each content one more. */
const READS_OF_A_BLOCK = 3
/** Of opening, and of beginning a query, which reads a page ahead. */
const READS_OF_OPENING = 50

describe(`a chain with ${ORIGINALS} originals and ${EDITS_OF_EACH * ORIGINALS} edits`, () => {
  let folder: string
  let walytis: Walytis
  let id: string
  let chain: MutableBlockchain
  let reads: () => Reads

  const open = async (): Promise<MutableBlockchain> => await mutable(await walytis.open(id))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mutability-large-'))
    walytis = await createWalytis({ storage: folder, listen: [], discovery: { mdns: false }, durability: 'process' })
    chain = await mutable(await walytis.create())
    id = chain.id
    for (let made = 0; made < ORIGINALS; made += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, ORIGINALS - made) }, (_, index) => made + index)
      let blocks = await Promise.all(some.map(async (name) => await chain.add(bytes(`${name}`))))
      for (let edit = 1; edit <= EDITS_OF_EACH; edit++) {
        const change = async (block: MutableBlock, index: number): Promise<MutableBlock> =>
          await block.edit(bytes(`${made + index}, edit ${edit}`))
        blocks = await Promise.all(blocks.map(change))
      }
    }
    await chain.count()
    // Started anew, so that nothing is in memory.
    await walytis.stop()
    await walytis.start()
    reads = countReads(walytis.store)
  }, 3_600_000)

  afterAll(async () => {
    await walytis.stop()
    await rm(folder, { recursive: true })
  })

  const told = (what: string, { rows, lookups }: Reads, began: number): void => {
    const took = Math.round(performance.now() - began)
    process.stdout.write(`${what}: ${rows} rows and ${lookups} lookups, ${took} ms\n`)
  }

  it('opens by reading no blocks and no changes', async () => {
    const began = performance.now()
    chain = await open()
    let shown = 0
    for await (const _ of chain.blocks({ limit: 1 })) shown++
    const read = reads()
    told('opening, and the first block', read, began)
    expect(shown).toBe(1)
    expect(read.rows + read.lookups).toBeLessThan(READS_OF_OPENING)
    // The genesis alone, which says what the chain is.
    expect(read.contents).toBeLessThanOrEqual(2)
    expect(await chain.count()).toBe(ORIGINALS)
    told('counting', reads(), began)
  })

  it('iterates its current versions by reading in proportion to the originals', { timeout: 600_000 }, async () => {
    const began = performance.now()
    let shown = 0
    for await (const block of chain.blocks()) {
      if (block.editedAt !== undefined) shown++
    }
    const read = reads()
    told('iterating', read, began)
    expect(shown).toBe(ORIGINALS)
    expect(read.rows + read.lookups).toBeLessThan(READS_OF_A_BLOCK * ORIGINALS + READS_OF_OPENING)
    expect(read.contents).toBe(0)
  })

  it('reads what is current of each, and nothing of what was', { timeout: 600_000 }, async () => {
    const began = performance.now()
    let index = 0
    for await (const block of chain.blocks()) {
      const text = new TextDecoder().decode(await block.content())
      if (text !== `${index++}, edit ${EDITS_OF_EACH}`) expect.fail(`${index - 1} shows ${text}`)
    }
    const read = reads()
    told('iterating with contents', read, began)
    expect(index).toBe(ORIGINALS)
    expect(read.rows + read.lookups).toBeLessThan((READS_OF_A_BLOCK + 3) * ORIGINALS + READS_OF_OPENING)
  })

  it('gives the first few by reading as much as they need', async () => {
    const began = performance.now()
    let shown = 0
    for await (const _ of chain.blocks({ reverse: true, limit: 10 })) shown++
    const read = reads()
    told('the last ten', read, began)
    expect(shown).toBe(10)
    expect(read.rows + read.lookups).toBeLessThan(400)
  })

  it('takes an edit by reading what that block needs', async () => {
    const began = performance.now()
    for await (const block of chain.blocks({ limit: 1 })) await block.edit(bytes('once more'))
    told('one edit', reads(), began)
    expect(await chain.count()).toBe(ORIGINALS)
    for await (const block of chain.blocks({ limit: 1 })) {
      expect(new TextDecoder().decode(await block.content())).toBe('once more')
    }
  })
})
