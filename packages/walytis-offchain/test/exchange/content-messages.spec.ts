import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { describe, expect, it } from 'vitest'
import { decodeHead, decodeRequest, encodeHead, encodeRequest } from '../../src/exchange/content-messages.ts'
import { idOf } from '../support/places.ts'

describe('requests for windows', () => {
  it('come back as they were', () => {
    const request = { block: idOf('block'), window: 7 }
    expect(decodeRequest(encodeRequest(request))).toEqual(request)
  })

  it.each([
    ['another kind', { kind: 'want', block: idOf('block'), window: 0 }],
    ['a field more', { kind: 'fetch', block: idOf('block'), window: 0, more: 1 }],
    ['a window below zero', { kind: 'fetch', block: idOf('block'), window: -1 }],
    ['half a window', { kind: 'fetch', block: idOf('block'), window: 0.5 }],
    [
      'an id of another form',
      { kind: 'fetch', block: CID.createV1(0x55, identity.digest(new Uint8Array(4))), window: 0 }
    ]
  ])('are none with %s', (_, value) => {
    expect(decodeRequest(encode(value))).toBe(undefined)
  })

  it('F8 never throw for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decodeRequest(bytes)
        decodeHead(bytes)
      })
    )
  })
})

describe('heads of answers', () => {
  it('come back as they were', () => {
    const head = { hashes: new Uint8Array(64).fill(1), proof: new Uint8Array(32).fill(2) }
    expect(decodeHead(encodeHead(head))).toEqual(head)
    expect(decodeHead(encodeHead(undefined))).toBe('missing')
  })

  it.each([
    ['no hashes', { kind: 'window', hashes: new Uint8Array(), proof: new Uint8Array() }],
    ['half a hash', { kind: 'window', hashes: new Uint8Array(48), proof: new Uint8Array() }],
    ['more hashes than a window has', { kind: 'window', hashes: new Uint8Array(33 * 32), proof: new Uint8Array() }],
    ['a proof longer than any', { kind: 'window', hashes: new Uint8Array(32), proof: new Uint8Array(33 * 32) }]
  ])('are broken with %s', (_, value) => {
    expect(decodeHead(encode(value))).toBe('broken')
  })
})
