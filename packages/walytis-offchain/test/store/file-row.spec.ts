import { encode } from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { decodeFileRow, encodeFileRow, hasWindow, noWindows, withWindow } from '../../src/store/file-row.ts'
import { idOf } from '../support/places.ts'

describe('rows about large envelopes', () => {
  it('come back as they were', () => {
    const row = { state: 'partial', block: idOf('block'), windows: Uint8Array.of(5, 1) } as const
    expect(decodeFileRow(encodeFileRow(row))).toEqual(row)
  })

  it.each([
    ['no encoding', Uint8Array.of(0xff)],
    ['another state', encode({ v: 1, state: 'lost', block: null, windows: new Uint8Array() })],
    ['another version', encode({ v: 2, state: 'whole', block: null, windows: new Uint8Array() })]
  ])('that are damaged are told by name: %s', (_, bytes) => {
    expect(() => decodeFileRow(bytes)).toThrow(expect.objectContaining({ name: 'StoreCorruptError' }))
  })

  it('hold a bit for each window', () => {
    let windows = noWindows(11)
    expect(windows.length).toBe(2)
    for (const window of [0, 7, 8, 10]) windows = withWindow(windows, window)
    const here = (): number[] =>
      Array.from({ length: 11 }, (_, window) => window).filter((window) => hasWindow(windows, window))
    expect(here()).toEqual([0, 7, 8, 10])
    windows = withWindow(windows, 7, false)
    expect(here()).toEqual([0, 8, 10])
  })
})
