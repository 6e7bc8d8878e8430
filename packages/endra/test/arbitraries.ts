import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { toString as asText } from 'uint8arrays/to-string'
import { type DecodedMessage, encodeMessage } from '../src/content/format.ts'
import type { ContentPart } from '../src/interface/index.ts'

/** Bytes as hexadecimal text: equal bytes are equal texts, with a short message when they differ. */
export function bytesOf(bytes: Uint8Array): string {
  return asText(bytes, 'base16')
}

/** Well-formed CIDs of blocks. */
function arbitraryCid(): fc.Arbitrary<CID> {
  return fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((digest) => CID.createV1(0x71, Digest.create(0x12, Uint8Array.from(digest))))
}

/** Values that DAG-CBOR has a form for, at most three deep. */
function arbitraryValue(): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
      arbitraryCid()
    ),
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 3 },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 4, noNullPrototype: true })
    )
  }))['value']
}

const map = (): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(
    fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
    arbitraryValue(),
    { maxKeys: 4, noNullPrototype: true }
  )

const id = (): fc.Arbitrary<string> => fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 16 })

function arbitraryPart(): fc.Arbitrary<ContentPart> {
  return fc.oneof(
    fc
      .record(
        {
          kind: fc.constant('embedded' as const),
          id: id(),
          mediaType: fc.constantFrom('text/plain', 'text/markdown', 'image/png', 'application/x-new'),
          rendering: map(),
          payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes))
        },
        { requiredKeys: ['kind', 'id', 'mediaType', 'payload'], noNullPrototype: true }
      )
      .map((part) => part as ContentPart),
    fc.record({ kind: fc.constant('referenced'), block: arbitraryCid(), part: id() }, { noNullPrototype: true }),
    fc.record(
      {
        kind: fc.constant('attached'),
        attachment: arbitraryCid(),
        mediaType: fc.constantFrom('image/png', 'application/x-new'),
        size: fc.nat(),
        hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes)),
        name: fc.constantFrom('Holiday.mp4', 'ünnamed'),
        rendering: map()
      },
      { requiredKeys: ['kind', 'attachment', 'mediaType', 'size', 'hash'], noNullPrototype: true }
    ),
    map().map((fields) => ({ ...fields, kind: 'x-unknown' }))
  )
}

/** Messages that `encodeMessage` takes. */
export function arbitraryMessage(): fc.Arbitrary<DecodedMessage> {
  return fc
    .record(
      {
        content: fc.record(
          { parts: fc.array(arbitraryPart(), { minLength: 1, maxLength: 6 }), metadata: map() },
          { noNullPrototype: true }
        ),
        replyTo: arbitraryCid().map((cid) => cid.toString())
      },
      { requiredKeys: ['content'], noNullPrototype: true }
    )
    .filter(({ content }) => {
      const ids = content.parts.filter((part) => part.kind === 'embedded').map((part) => part['id' as 'kind'])
      return new Set(ids).size === ids.length
    })
}

/** Bytes as an attacker might send them: noise, well-formed CBOR of another shape, and messages cut or changed somewhere. */
export function hostileBytes(): fc.Arbitrary<Uint8Array> {
  const plain = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes))
  const other = arbitraryValue().map((value) => encode(value))
  const changed = fc.tuple(arbitraryMessage(), fc.nat(), fc.nat(255), fc.nat()).map(([message, at, byte, cut]) => {
    const bytes = encodeMessage(message)
    bytes[at % bytes.length] = byte
    return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
  })
  return fc.oneof(plain, other, changed)
}
