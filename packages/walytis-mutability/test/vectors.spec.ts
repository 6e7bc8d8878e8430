import { readFileSync } from 'node:fs'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { type ChangeKind, decodeOperation, encodeOperation, type Operation } from '../src/operations/format.ts'

interface Vectors {
  valid: { name: string; kind: ChangeKind; original: string; content?: string; bytes: string }[]
  rejected: { name: string; kind: ChangeKind; rule: string; bytes: string }[]
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('fixtures/v1/operations.json', import.meta.url), 'utf8'))
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

describe('vectors of operations, version 1', () => {
  it.each(vectors.valid)('$name', ({ kind, original, content, bytes }) => {
    const cid = CID.parse(original)
    const operation: Operation =
      kind === 'update' ? { kind, original: cid, content: bytesOf(content ?? '') } : { kind, original: cid }
    expect(encodeOperation(operation)).toEqual(bytesOf(bytes))
    expect(decodeOperation(kind, bytesOf(bytes))).toEqual({ operation })
  })

  it.each(vectors.rejected)('$name: $rule', ({ kind, rule, bytes }) => {
    expect(decodeOperation(kind, bytesOf(bytes))).toEqual({ rule })
  })
})
