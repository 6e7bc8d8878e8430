import { describe, expect, it } from 'vitest'
import { PendingPool } from '../../src/graph/pending.ts'
import { type Actor, bob, carol, createActor } from '../../src/testing/actors.ts'
import type { ForgedBlock } from '../../src/testing/forge.ts'
import { drawnHistory } from '../support/plain-history.ts'

const { block } = await drawnHistory(`
        b1-b2-b3-b4-b5
       /  \\
      a1   c1
`)
const mallory = createActor('mallory')
const AMPLE = { blocks: 100, bytes: 1_000_000 }

function waiting({ signed, content }: ForgedBlock, from: Actor = bob) {
  return { block: signed, content, from: from.peerId }
}

function names(blocks: { block: { id: unknown } }[]): string[] {
  return blocks.map(({ block: { id } }) => `${id}`)
}

describe('the pool of blocks that wait', () => {
  it('gives a block back once all it waits for is known', () => {
    const pool = new PendingPool({ perChain: AMPLE, perPeer: AMPLE })
    const [b1, c1, b2] = [block('b1'), block('c1'), block('b2')]
    pool.add(waiting(b2), [b1.signed.id, c1.signed.id])
    expect(pool.missing(bob.peerId).map(String).sort()).toEqual([`${b1.signed.id}`, `${c1.signed.id}`].sort())
    expect(pool.release(b1.signed.id)).toEqual([])
    expect(names(pool.release(c1.signed.id))).toEqual([`${b2.signed.id}`])
    expect(pool.size).toBe(0)
    expect(pool.missing(bob.peerId)).toEqual([])
  })

  it('does not call missing what waits itself', () => {
    const pool = new PendingPool({ perChain: AMPLE, perPeer: AMPLE })
    pool.add(waiting(block('b3')), [block('b2').signed.id])
    pool.add(waiting(block('b2')), [block('b1').signed.id])
    expect(pool.missing(bob.peerId).map(String)).toEqual([`${block('b1').signed.id}`])
  })

  it('F7 asks only those for missing blocks who sent what waits for them', () => {
    const pool = new PendingPool({ perChain: AMPLE, perPeer: AMPLE })
    pool.add(waiting(block('b2'), mallory), [block('b1').signed.id])
    expect(pool.missing(bob.peerId)).toEqual([])
    expect(pool.missing(mallory.peerId).map(String)).toEqual([`${block('b1').signed.id}`])
    expect(pool.meetAgain(block('b2').signed.id, bob.peerId)).toBe(true)
    expect(pool.missing(bob.peerId).map(String)).toEqual([`${block('b1').signed.id}`])
  })

  it('drops all that stands on a refused block', () => {
    const pool = new PendingPool({ perChain: AMPLE, perPeer: AMPLE })
    pool.add(waiting(block('b3')), [block('b2').signed.id])
    pool.add(waiting(block('b2')), [block('b1').signed.id])
    pool.add(waiting(block('b5')), [block('b4').signed.id])
    expect(pool.drop(block('b1').signed.id).map(({ id }) => `${id}`)).toEqual(
      [block('b2'), block('b3')].map(({ signed }) => `${signed.id}`)
    )
    expect(pool.missing(bob.peerId).map(String)).toEqual([`${block('b4').signed.id}`])
  })

  it('F7 holds each peer to its share', () => {
    const pool = new PendingPool({ perChain: AMPLE, perPeer: { blocks: 1, bytes: 1_000_000 } })
    expect(pool.add(waiting(block('b2')), [block('b1').signed.id])).toBe(true)
    expect(pool.add(waiting(block('b3')), [block('b2').signed.id])).toBe(false)
    expect(pool.add(waiting(block('b2')), [block('b1').signed.id])).toBe(true)
    expect(pool.add(waiting(block('b3'), carol), [block('b2').signed.id])).toBe(true)
    expect(pool.release(block('b1').signed.id).length).toBe(1)
    expect(pool.add(waiting(block('b4')), [block('b3').signed.id])).toBe(true)
  })

  it('F7 makes room at the cost of who takes most', () => {
    const pool = new PendingPool({ perChain: { blocks: 3, bytes: 1_000_000 }, perPeer: AMPLE })
    for (const name of ['b2', 'b3', 'b4']) pool.add(waiting(block(name), mallory), [block('b1').signed.id])
    expect(pool.add(waiting(block('b5')), [block('b1').signed.id])).toBe(true)
    expect(pool.has(block('b2').signed.id)).toBe(false)
    expect(pool.add(waiting(block('b2'), mallory), [block('b1').signed.id])).toBe(false)
    expect(pool.size).toBe(3)
    expect(pool.release(block('b1').signed.id).length).toBe(3)
  })

  it('counts bytes as well as blocks', () => {
    const bytes = block('b2').block.length + block('b2').content.length
    const pool = new PendingPool({ perChain: AMPLE, perPeer: { blocks: 9, bytes } })
    expect(pool.add(waiting(block('b2')), [block('b1').signed.id])).toBe(true)
    expect(pool.add(waiting(block('b4')), [block('b3').signed.id])).toBe(false)
  })
})
