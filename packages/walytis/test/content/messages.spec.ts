import { readFile } from 'node:fs/promises'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { decodeFileRow, decodePublished, encodeFileRow, encodePublished } from '../../src/content/file-row.ts'
import { type ContentMessage, decodeContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { shapeOf } from '../../src/content/shape.ts'
import { noise } from '../../src/testing/suite-tools.ts'
import { makeFile } from '../support/memory-files.ts'

/** Frozen: what version 1 writes and sends about larger contents. */
const FILE = new URL('../fixtures/v1/content.json', import.meta.url)

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

const chain = blockIdOf(Uint8Array.of(1))
const block = blockIdOf(Uint8Array.of(2))

const MESSAGES: ContentMessage[] = [
  { type: 'fetch', chain, block, from: 0, until: 16 },
  { type: 'fetch', chain, block, from: 1_000_000, until: 1_000_016 },
  { type: 'grant', until: 24 },
  { type: 'answer', until: 0 },
  { type: 'answer', until: 3 }
]

/** Contents of bytes that `noise` makes of their length, with the root of their file. */
const SIZES = [262_145, 524_288, 1_000_000]

async function currentVectors(): Promise<unknown> {
  const roots = SIZES.map(async (size) => {
    const { root, nodes } = await makeFile(noise(size))
    return { size, root: root.toString(), nodes: nodes.size, rootNode: hex(nodes.get(root.toString()) ?? noise(0)) }
  })
  return {
    messages: MESSAGES.map((message) => hex(encodeContentMessage(message))),
    files: await Promise.all(roots),
    rows: {
      partial: hex(encodeFileRow({ state: 'partial', number: 7, stored: 258 })),
      whole: hex(encodeFileRow({ state: 'whole', number: 7, stored: 1025 })),
      refused: hex(encodeFileRow({ state: 'refused', number: 0, stored: 0 })),
      publishedContent: hex(encodePublished('content')),
      publishedNode: hex(encodePublished({ level: 1, index: 258 }))
    }
  }
}

describe('the frozen vectors of larger contents', async () => {
  const frozen = JSON.parse(await readFile(FILE, 'utf8'))

  it('are what this version writes', async () => {
    expect(await currentVectors()).toEqual(frozen)
  })

  it('are read back', () => {
    expect(frozen.messages.map((text: string) => decodeContentMessage(unhex(text)))).toEqual(MESSAGES)
    expect(decodeFileRow(unhex(frozen.rows.partial))).toEqual({ state: 'partial', number: 7, stored: 258 })
    expect(decodePublished(unhex(frozen.rows.publishedContent))).toBe('content')
    expect(decodePublished(unhex(frozen.rows.publishedNode))).toEqual({ level: 1, index: 258 })
    for (const { size, nodes } of frozen.files) expect(shapeOf(size).total).toBe(nodes)
  })
})

describe('messages about larger contents', () => {
  it.each<[string, unknown]>([
    ['of another version', { v: 2, type: 'answer', until: 1 }],
    ['of another kind', { v: 1, type: 'push', until: 1 }],
    ['with a field too many', { v: 1, type: 'grant', until: 1, more: 1 }],
    ['with a number below zero', { v: 1, type: 'answer', until: -1 }],
    ['with a number that is none', { v: 1, type: 'answer', until: '1' }],
    ['that ask for nothing', { v: 1, type: 'fetch', chain, block, from: 5, until: 5 }],
    ['that name no chain', { v: 1, type: 'fetch', chain: null, block, from: 0, until: 5 }],
    ['that are no map', [1, 2]]
  ])('%s are none', (_, value) => {
    expect(decodeContentMessage(encode(value))).toBeUndefined()
  })

  it('F8 are read or refused whatever the bytes, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        decodeContentMessage(bytes)
        decodeFileRow(bytes)
        decodePublished(bytes)
      })
    )
  })
})
