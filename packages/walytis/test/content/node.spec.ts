import { encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { contentIdOf, fileContentIdOf } from '../../src/block/id.ts'
import { checkNode } from '../../src/content/node.ts'
import { childrenOf, type FileShape, type NodePlace, shapeOf } from '../../src/content/shape.ts'
import { noise } from '../../src/testing/suite-tools.ts'
import { type MadeFile, makeFile } from '../support/memory-files.ts'

const LEAF = 256 * 1024
const LINK = contentIdOf(new Uint8Array(1))

/** The root of an invented file of two leaves. */
function root(links: { id: CID; bytes: number; tree?: number }[], data?: Uint8Array, name = ''): Uint8Array {
  const file = new UnixFS({ type: 'file', ...(data && { data }), blockSizes: links.map(({ bytes }) => BigInt(bytes)) })
  return encode(
    prepare({
      Data: file.marshal(),
      Links: links.map(({ id, bytes, tree = bytes }) => ({ Name: name, Hash: id, Tsize: tree }))
    })
  )
}

function checkRoot(bytes: Uint8Array, size: number) {
  const shape = shapeOf(size)
  return checkNode(shape, { level: shape.counts.length - 1, index: 0 }, fileContentIdOf(bytes), bytes)
}

function checkAll(shape: FileShape, place: NodePlace, id: CID, file: MadeFile): number {
  const checked = checkNode(shape, place, id, file.nodes.get(id.toString()) ?? new Uint8Array())
  if ('rule' in checked) return expect.unreachable(`${checked.rule} at ${place.level}/${place.index}`)
  const children = place.level === 0 ? [] : childrenOf(shape, place)
  return children.reduce((sum, child, index) => sum + checkAll(shape, child, checked.links[index] ?? id, file), 1)
}

describe('nodes of files', () => {
  it.each([LEAF + 1, 2 * LEAF, 3 * LEAF - 1])('are what the IPFS importer makes of %i bytes', async (size) => {
    const file = await makeFile(noise(size))
    const shape = shapeOf(size)
    expect(checkAll(shape, { level: shape.counts.length - 1, index: 0 }, file.root, file)).toBe(shape.total)
  })

  it('are what it makes of a file with two levels above its leaves', { timeout: 60_000 }, async () => {
    // all leaves but the last are alike, so that memory holds one
    const size = LEAF * 1025 + 1
    const file = await makeFile(new Uint8Array(size))
    const shape = shapeOf(size)
    expect(shape.counts).toEqual([1026, 2, 1])
    expect(checkAll(shape, { level: 2, index: 0 }, file.root, file)).toBe(shape.total)
  })

  it('with other bytes than their id names are told apart', () => {
    const bytes = root([
      { id: LINK, bytes: LEAF },
      { id: LINK, bytes: 1 }
    ])
    const shape = shapeOf(LEAF + 1)
    expect(checkNode(shape, { level: 1, index: 0 }, LINK, bytes)).toEqual({ rule: 'hash' })
    expect(checkNode(shape, { level: 0, index: 1 }, LINK, new Uint8Array(2))).toEqual({ rule: 'hash' })
    expect('links' in checkRoot(bytes, LEAF + 1)).toBe(true)
  })

  const two = (first: object, second: object, more: { id: CID; bytes: number }[] = []): Uint8Array =>
    root([{ id: LINK, bytes: LEAF, ...first }, { id: LINK, bytes: 1, ...second }, ...more])

  it.each<[string, Uint8Array, number]>([
    ['a size that lies', two({}, {}), LEAF + 2],
    ['a size that lies by far', two({}, {}), 256 * 1024 ** 3],
    ['a link too many', two({}, {}, [{ id: LINK, bytes: 0 }]), LEAF + 1],
    ['a link too few', root([{ id: LINK, bytes: LEAF + 1 }]), LEAF + 1],
    ['no links at all', root([], noise(LEAF + 1).subarray(0, 1000)), LEAF + 1],
    [
      'bytes of its own',
      root(
        [
          { id: LINK, bytes: LEAF },
          { id: LINK, bytes: 1 }
        ],
        Uint8Array.of(1)
      ),
      LEAF + 1
    ],
    ['leaves of other sizes', two({ bytes: 1 }, { bytes: LEAF }), LEAF + 1],
    ['a hole: a leaf said to have bytes', two({ bytes: 0 }, { bytes: LEAF + 1 }), LEAF + 1],
    ['more levels than it may have', two({ id: fileContentIdOf(new Uint8Array()) }, {}), LEAF + 1],
    ['a tree size that lies', two({ tree: 2 ** 50 }, {}), LEAF + 1],
    [
      'named links',
      root(
        [
          { id: LINK, bytes: LEAF },
          { id: LINK, bytes: 1 }
        ],
        undefined,
        'x'
      ),
      LEAF + 1
    ],
    ['no protobuf', noise(300), LEAF + 1],
    ['nothing', new Uint8Array(), LEAF + 1]
  ])('refuse a root with %s', (_, bytes, size) => {
    expect(checkRoot(bytes, size)).toEqual({ rule: 'shape' })
  })

  it('refuse a leaf of another length', () => {
    const bytes = new Uint8Array(5)
    expect(checkNode(shapeOf(LEAF + 4), { level: 0, index: 1 }, contentIdOf(bytes), bytes)).toEqual({ rule: 'shape' })
  })

  it('refuse a file of the same bytes that was cut otherwise', async () => {
    const content = noise(3 * LEAF)
    for (const made of [await makeFile(content, { leaf: LEAF / 2 }), await makeFile(content, { fanout: 2 })]) {
      const bytes = made.nodes.get(made.root.toString()) ?? new Uint8Array()
      expect(checkRoot(bytes, content.length)).toEqual({ rule: 'shape' })
    }
  })
})
