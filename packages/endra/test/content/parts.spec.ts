import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import {
  essence,
  isAttached,
  isEmbedded,
  isReferenced,
  partProblem,
  textContent,
  textOf,
  textPart
} from '../../src/content/parts.ts'

const block = CID.parse('bafyreigdmqpykrgxyaxtlafqpqhzrb7qy2rh75nldvfd4tucqmqqme5yje')
const attached = {
  ...{ kind: 'attached', attachment: block, mediaType: 'image/jpeg', size: 7, hash: new Uint8Array(32) },
  ...{ name: 'Tea.jpg', rendering: { width: 10 } }
}

describe('text', () => {
  it('is one part of plain text', () => {
    expect(textOf(textContent('Hello, Bob'))).toBe('Hello, Bob')
    expect(textContent('x').parts).toHaveLength(1)
  })

  it('joins plain text and markdown, and leaves everything else out', () => {
    const parts = [
      textPart('1', 'one'),
      { kind: 'embedded', id: '2', mediaType: 'image/png', payload: new Uint8Array([1]) },
      textPart('3', '*two*', 'text/markdown;variant=GFM'),
      { kind: 'poll', options: ['a', 'b'] },
      { kind: 'referenced', block, part: '1' }
    ]
    expect(textOf({ parts })).toBe('one\n*two*')
  })

  it('shows invalid UTF-8 as replacement characters instead of throwing', () => {
    const part = { kind: 'embedded' as const, id: '1', mediaType: 'text/plain', payload: new Uint8Array([0x61, 0xff]) }
    expect(textOf({ parts: [part] })).toBe('a\ufffd')
  })

  it('compares media types without parameters and case', () => {
    expect(essence(' Text/PLAIN ; charset=utf-8')).toBe('text/plain')
  })
})

describe('kinds of parts', () => {
  it('tells embedded, referenced and attached parts apart', () => {
    expect(isEmbedded(textPart('1', 'x'))).toBe(true)
    expect(isReferenced({ kind: 'referenced', block, part: '1' })).toBe(true)
    expect(isAttached(attached)).toBe(true)
    expect(isAttached({ ...attached, attachment: 'no cid' })).toBe(false)
  })

  const broken: [string, unknown, string][] = [
    ['a list', [], 'part'],
    ['no kind', { id: '1' }, 'part-kind'],
    ['an empty kind', { kind: '' }, 'part-kind'],
    ['a kind that is too long', { kind: 'k'.repeat(65) }, 'part-kind'],
    ['an embedded part without payload', { kind: 'embedded', id: '1', mediaType: 'text/plain' }, 'embedded-part'],
    ['an embedded part with a stray field', { ...textPart('1', 'x'), author: 'bob' }, 'embedded-part'],
    ['an embedded part with a text as payload', { ...textPart('1', 'x'), payload: 'x' }, 'embedded-part'],
    ['an embedded part whose rendering is a list', { ...textPart('1', 'x'), rendering: [] }, 'embedded-part'],
    ['an embedded part with too long an id', textPart('i'.repeat(65), 'x'), 'embedded-part'],
    ['a reference to something that is no block', { kind: 'referenced', block: 'x', part: '1' }, 'referenced-part'],
    ['an attachment without its id', { ...attached, attachment: undefined }, 'attached-part'],
    ['an attachment of half a byte', { ...attached, size: 0.5 }, 'attached-part'],
    ['an attachment of less than nothing', { ...attached, size: -1 }, 'attached-part'],
    ['an attachment of more than there can be', { ...attached, size: 2 ** 38 + 1 }, 'attached-part'],
    ['an attachment with half a hash', { ...attached, hash: new Uint8Array(16) }, 'attached-part'],
    ['an attachment without a media type', { ...attached, mediaType: '' }, 'attached-part'],
    ['an attachment whose name leads out of a folder', { ...attached, name: '../.profile' }, 'attached-part'],
    ['an attachment whose name is a folder', { ...attached, name: '..' }, 'attached-part'],
    ['an attachment whose name turns its end around', { ...attached, name: 'photo\u202egpj.exe' }, 'attached-part'],
    ['an attachment with a stray field', { ...attached, author: 'bob' }, 'attached-part']
  ]
  it.each(broken)('refuses %s', (_, part, rule) => {
    expect(partProblem(part)).toBe(rule)
  })

  it('accepts kinds that it does not know, whatever they hold', () => {
    expect(partProblem({ kind: 'poll', question: 'Tea?', options: [1, 2n ** 60n, null], block })).toBeUndefined()
  })
})
