import { encode } from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { decodeSettings, encodeSettings } from '../../src/block/genesis.ts'
import type { ChainSettings } from '../../src/interface/index.ts'

const nonce = new Uint8Array(32).fill(7)
const plain: ChainSettings = { access: 'invite', policy: { name: 'p', parameters: Uint8Array.of(1) } }
const withLayers = (layers: ChainSettings['layers']): ChainSettings => ({ ...plain, layers })
const names = (count: number, bytes = 1): Record<string, Uint8Array> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`layer ${index}`, new Uint8Array(bytes)]))

describe('what layers say in a genesis', () => {
  it('comes back as it was, up to the limits', () => {
    for (const layers of [
      { one: Uint8Array.of(1, 2) },
      names(16),
      { ['x'.repeat(64)]: new Uint8Array(8 * 1024 - 64) }
    ]) {
      expect(decodeSettings(encodeSettings(withLayers(layers), nonce))).toEqual(withLayers(layers))
    }
  })

  it('stands nowhere when there is nothing to say', () => {
    expect(encodeSettings(withLayers({}), nonce)).toEqual(encodeSettings(plain, nonce))
    expect(decodeSettings(encodeSettings(plain, nonce))).not.toHaveProperty('layers')
  })

  it.each([
    ['more names than there may be', names(17)],
    ['a name that is too long', { ['ü'.repeat(33)]: new Uint8Array() }],
    ['more bytes than there may be', { one: new Uint8Array(4096), two: new Uint8Array(4096) }]
  ])('is refused with %s, when it is written and when it is read', (_, layers) => {
    expect(() => encodeSettings(withLayers(layers), nonce)).toThrow(
      expect.objectContaining({ name: 'LimitExceededError' })
    )
    expect(decodeSettings(encode({ v: 1, nonce, ...plain, layers }))).toBeUndefined()
  })

  it.each([
    ['an empty map', {}],
    ['a list', [Uint8Array.of(1)]],
    ['null', null],
    ['text in place of bytes', { one: 'two' }]
  ])('is refused as %s', (_, layers) => {
    expect(decodeSettings(encode({ v: 1, nonce, ...plain, layers }))).toBeUndefined()
  })
})
