import { describe, expect, it } from 'vitest'
import { Doorkeeper, isOwnHost, isOwnOrigin } from '../../src/server/guard.ts'

describe('whom the local server answers', () => {
  it.each(['127.0.0.1:4000', 'localhost:4000'])('F20 knows itself as %s', (host) => {
    expect(isOwnHost(host, 4000)).toBe(true)
    expect(isOwnOrigin(`http://${host}`, host, 4000)).toBe(true)
  })

  it.each([
    undefined,
    '',
    '127.0.0.1',
    '127.0.0.1:4001',
    'evil.example:4000',
    '127.0.0.1.evil.example:4000',
    '[::1]:4000'
  ])('F20 does not answer to the host %s', (host) => {
    expect(isOwnHost(host, 4000)).toBe(false)
    expect(isOwnOrigin(`http://${host}`, host, 4000)).toBe(false)
  })

  it.each([
    undefined,
    'null',
    'http://127.0.0.1:4001',
    'https://127.0.0.1:4000',
    'http://localhost:4000',
    'http://evil.example'
  ])('F20 takes the origin %s for another page', (origin) =>
    expect(isOwnOrigin(origin, '127.0.0.1:4000', 4000)).toBe(false)
  )

  it('F20 exchanges a link once, and knows only keys that it gave', () => {
    const doorkeeper = new Doorkeeper()
    const link = doorkeeper.link()
    const key = doorkeeper.exchange(link)
    expect(key !== undefined && doorkeeper.holds(key)).toBe(true)
    expect(doorkeeper.exchange(link)).toBeUndefined()
    expect(doorkeeper.holds(link)).toBe(false)
    expect(doorkeeper.holds('')).toBe(false)
  })

  it('forgets the oldest links when there are many', () => {
    const doorkeeper = new Doorkeeper()
    const links = Array.from({ length: 17 }, () => doorkeeper.link())
    expect(doorkeeper.exchange(links[0] ?? '')).toBeUndefined()
    expect(doorkeeper.exchange(links[1] ?? '')).toBeDefined()
  })
})
