import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvitationError } from '../src/errors.ts'
import { type EndraInvitation, formatInvitation, parseInvitation } from '../src/invitation.ts'
import { isName } from '../src/names.ts'

const toChat: EndraInvitation = { kind: 'chat', title: 'Tea at five', inviter: 'Alice', group: 'walytis:abcDEF-_123' }

function reasonOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof InvitationError) return error.reason
    throw error
  }
  return 'none'
}

describe('an invitation', () => {
  it('says after reading what was written', () => {
    const line = formatInvitation(toChat)
    expect(line).toMatch(/^endra:[\w.-]+$/)
    expect(parseInvitation(line)).toEqual(toChat)
  })

  it('survives any name as title and name, and any body', () => {
    // what may stand in a name is the subject of names.spec.ts
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(isName)
    const body = fc.stringMatching(/^[A-Za-z0-9_.-]{1,80}$/)
    fc.assert(
      fc.property(
        name,
        name,
        body,
        fc.constantFrom('chat' as const, 'device' as const),
        (title, inviter, text, kind) => {
          const invitation: EndraInvitation = { kind, title, inviter, group: `walytis:${text}` }
          expect(parseInvitation(formatInvitation(invitation))).toEqual(invitation)
        }
      )
    )
  })

  it('may be broken over lines, quoted with space around it, and carry the invisible marks of mail programs', () => {
    const line = formatInvitation(toChat)
    const mangled = `  ${line.slice(0, 20)}\r\n\t${line.slice(20, 40)}\u200b${line.slice(40)}\n\n`
    expect(parseInvitation(mangled)).toEqual(toChat)
    expect(parseInvitation(line.replace('endra:', 'Endra:'))).toEqual(toChat)
  })

  it('that lost, gained or changed a character is damaged', () => {
    const line = formatInvitation(toChat)
    for (let at = 'endra:'.length; at < line.length; at++) {
      expect(reasonOf(() => parseInvitation(line.slice(0, at)))).toBe('damaged')
      const other = line[at] === 'x' ? 'y' : 'x'
      expect(reasonOf(() => parseInvitation(line.slice(0, at) + other + line.slice(at + 1)))).toBe('damaged')
    }
    expect(reasonOf(() => parseInvitation(`${line}x`))).toBe('damaged')
  })

  it('is told from texts that are none', () => {
    for (const text of [
      '',
      'hello',
      'walytis:abc',
      'http://example.org',
      `endra:${'a'.repeat(20_000)}`,
      ' '.repeat(90_000)
    ]) {
      expect(reasonOf(() => parseInvitation(text))).toBe('not-an-invitation')
    }
  })

  it('of the other kind is refused where one kind is expected', () => {
    expect(reasonOf(() => parseInvitation(formatInvitation(toChat), 'device'))).toBe('wrong-kind')
    expect(parseInvitation(formatInvitation(toChat), 'chat').kind).toBe('chat')
  })

  it('F8 never makes the reader throw anything else', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }).map((tail) => `endra:${tail}`),
      fc.base64String().map((tail) => `endra:${tail}.x`)
    )
    fc.assert(
      fc.property(text, (line) => {
        expect(reasonOf(() => parseInvitation(line))).toMatch(/^(not-an-invitation|damaged|newer-version)$/)
      }),
      { numRuns: 1_000 }
    )
  })
})
