import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeVaultAnswer, encodeVaultAnswer, encodeVaultQuestion, isVaultQuestion } from '../src/link-protocol.ts'
import { hostileBytes } from './arbitraries.ts'
import { alice } from './people.ts'

describe('the link protocol', () => {
  it('asks for the vault and names it', () => {
    expect(isVaultQuestion(encodeVaultQuestion())).toBe(true)
    expect(decodeVaultAnswer(encodeVaultAnswer(alice))).toEqual({ ok: true, value: alice })
  })

  it('takes nothing else', () => {
    expect(isVaultQuestion(encode({ v: 1, ask: 'keys' }))).toBe(false)
    expect(decodeVaultAnswer(encode({ v: 1, vault: 'did:web:example.org' }))).toEqual({ ok: false, rule: 'vault' })
    expect(decodeVaultAnswer(encode({ v: 2, vault: alice }))).toEqual({ ok: false, rule: 'version' })
    expect(decodeVaultAnswer(encode({ v: 1, vault: alice, more: 1 }))).toEqual({ ok: false, rule: 'fields' })
  })

  it('F8 never throws', () => {
    fc.assert(
      fc.property(hostileBytes(), (bytes) => {
        expect(isVaultQuestion(bytes)).toBe(false)
        expect(decodeVaultAnswer(bytes).ok).toBe(false)
      }),
      { numRuns: 500 }
    )
  })
})
