import { describe, expect, it } from 'vitest'
import { POOL, POOL_AGE, POOL_PER_DEVICE } from '../../src/exchange/limits.ts'
import { Pool } from '../../src/exchange/pool.ts'

const BOB = 'did:walytis:bob'
const EVE = 'did:walytis:eve'
const envelope = new Uint8Array(100)

describe('the pool of early envelopes', () => {
  it('gives each back once, all devices’ together', () => {
    const pool = new Pool()
    const other = new Uint8Array(3)
    pool.put('x', BOB, envelope, 0)
    pool.put('x', EVE, other, 0)
    pool.put('y', BOB, envelope, 0)
    expect(pool.take('x')).toMatchObject([
      { device: BOB, envelope },
      { device: EVE, envelope: other }
    ])
    expect(pool.take('x')).toEqual([])
    expect(pool.size).toBe(1)
  })

  it('R34 keeps a bounded number of each device, and still room for the others', () => {
    const pool = new Pool()
    const taken = Array.from({ length: 1000 }, (_, index) => pool.put(`block ${index}`, EVE, envelope, 0))
    expect(taken.filter(Boolean).length).toBe(POOL_PER_DEVICE.items)
    expect(pool.put('x', BOB, envelope, 0)).toBe(true)
  })

  it('R34 keeps a bounded number of bytes of each device, and of all', () => {
    const pool = new Pool()
    const large = new Uint8Array(256 * 1024)
    let bytes = 0
    for (let index = 0; index < 400; index++) {
      if (pool.put(`block ${index}`, `did:walytis:device${index % 10}`, large, 0)) bytes += large.length
    }
    expect(bytes).toBeLessThanOrEqual(POOL.bytes)
    expect(bytes).toBeGreaterThan(POOL.bytes / 2)
    const mine = new Pool()
    let own = 0
    for (let index = 0; index < 40; index++) if (mine.put(`block ${index}`, EVE, large, 0)) own += large.length
    expect(own).toBe(POOL_PER_DEVICE.bytes)
  })

  it('forgets what has waited too long, and has room again', () => {
    const pool = new Pool()
    for (let index = 0; index < POOL_PER_DEVICE.items; index++) pool.put(`block ${index}`, EVE, envelope, 0)
    expect(pool.put('x', EVE, envelope, POOL_AGE - 1)).toBe(false)
    expect(pool.put('x', EVE, envelope, POOL_AGE)).toBe(true)
    expect(pool.size).toBe(1)
    expect(pool.take('block 1')).toEqual([])
  })
})
