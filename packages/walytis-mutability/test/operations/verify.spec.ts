import { describe, expect, it } from 'vitest'
import { MAX_OPERATION_BYTES } from '../../src/constants.ts'
import { ReservedTopicError } from '../../src/errors.ts'
import { encodeOperation } from '../../src/operations/format.ts'
import { applicationTopics, assertApplicationTopics, kindOf, readOperation } from '../../src/operations/verify.ts'
import { idOf } from '../support/drawn-chain.ts'

describe('topics', () => {
  it.each([
    ['original', ['mutability:original']],
    ['original', ['shopping', 'mutability:original', 'mutability:delete']],
    ['update', ['mutability:update']],
    ['delete', ['mutability:delete', 'shopping']],
    ['restore', ['mutability:restore', 'mutability:future']],
    ['foreign', ['mutability:update', 'mutability:delete']],
    ['foreign', ['shopping']],
    ['foreign', []]
  ])('say that a block is %s: %j', (kind, topics) => {
    expect(kindOf(topics)).toBe(kind)
  })

  it("hide this layer's own, and keep the application from using them", () => {
    expect(applicationTopics(['mutability:original', 'shopping', 'mutability:future'])).toEqual(['shopping'])
    expect(() => assertApplicationTopics(['shopping', 'mutability:delete'])).toThrow(ReservedTopicError)
  })
})

describe('reading an operation', () => {
  const operation = { kind: 'delete', original: idOf(3) } as const

  it('takes the kind from the topic', async () => {
    const content = async () => encodeOperation(operation)
    expect(await readOperation({ topics: ['mutability:delete'], size: 50, content })).toEqual({ operation })
  })

  it('reads no content of what is no change, or far too large', async () => {
    const content = async (): Promise<Uint8Array> => {
      throw new TypeError('read')
    }
    expect(await readOperation({ topics: ['mutability:original'], size: 50, content })).toEqual({ rule: 'no-change' })
    const size = 3 * MAX_OPERATION_BYTES
    expect(await readOperation({ topics: ['mutability:update'], size, content })).toEqual({ rule: 'too-large' })
    await expect(readOperation({ topics: ['mutability:update'], size: 50, content })).rejects.toThrow('read')
  })
})
