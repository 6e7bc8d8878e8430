import { base64url } from 'multiformats/bases/base64'
import { describe, expect, it } from 'vitest'
import { encodeCanonical } from '../src/encoding/canonical.ts'
import { checkSafetyCode, type SafetyParty, safetyNumber } from '../src/index.ts'
import vectors from './fixtures/v1/safety-number.json' with { type: 'json' }
import { did } from './state/script.ts'

const party = (name: string, ...devices: string[]): SafetyParty => ({ did: did(name), devices: devices.map(did) })

const alice = party('alice', 'laptop', 'phone')
const bob = party('bob', 'tablet')

describe('safety numbers', () => {
  it('are 60 digits, the same on both sides and in every order of devices', () => {
    const { digits, code } = safetyNumber(alice, bob)
    expect(digits).toMatch(/^\d{60}$/)
    expect(safetyNumber(bob, party('alice', 'phone', 'laptop'))).toEqual({ digits, code })
  })

  it('R19 change when a device of either side comes or goes', () => {
    const numbers = [
      safetyNumber(alice, bob),
      safetyNumber(party('alice', 'laptop'), bob),
      safetyNumber(party('alice', 'laptop', 'phone', 'thief'), bob),
      safetyNumber(alice, party('bob', 'tablet', 'thief')),
      safetyNumber(alice, party('mallory', 'tablet')),
      safetyNumber(party('alice', 'laptop', 'thief'), bob)
    ]
    expect(new Set(numbers.map(({ digits }) => digits)).size).toBe(numbers.length)
  })

  it('R19 the code of the other side explains a difference', () => {
    const { code } = safetyNumber(party('alice', 'laptop', 'tablet'), bob)
    expect(checkSafetyCode(code, bob, party('alice', 'tablet', 'laptop'))).toEqual({
      matches: true,
      differences: [],
      strangers: []
    })
    expect(checkSafetyCode(code, bob, alice)).toEqual({
      matches: false,
      differences: [{ did: did('alice'), onlyHere: [did('phone')], onlyThere: [did('tablet')] }],
      strangers: []
    })
    const carol = party('carol', 'pad')
    expect(checkSafetyCode(safetyNumber(alice, carol).code, bob, alice)).toMatchObject({
      matches: false,
      strangers: [carol.did]
    })
  })

  it('fit into a QR code with ten devices on each side', () => {
    const many = (name: string): SafetyParty => party(name, ...Array.from({ length: 10 }, (_, at) => `${name}${at}`))
    expect(safetyNumber(many('alice'), many('bob')).code.length).toBeLessThan(1500)
  })

  it.each([
    '',
    'walytis:safety:',
    'walytis:safety:u!',
    'walytis:safety:uAAAA',
    'https://example.org',
    `walytis:safety:${base64url.baseEncode(encodeCanonical({ v: 2, parties: [] }))}`,
    `walytis:safety:${base64url.baseEncode(encodeCanonical({ v: 1, parties: [1, 2] }))}`,
    `walytis:safety:${'u'.repeat(100_000)}`
  ])('F8 %s is no code', (code) => {
    expect(() => checkSafetyCode(code, alice, bob)).toThrow(expect.objectContaining({ name: 'InvalidArgumentError' }))
  })

  it('are frozen', () => {
    expect({ alice, bob, ...safetyNumber(alice, bob) }).toEqual(vectors)
  })
})
