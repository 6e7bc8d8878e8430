import { describe, expect, it } from 'vitest'
import { InvalidNameError } from '../src/errors.ts'
import { checkName, isName } from '../src/names.ts'

describe('names', () => {
  it('may be in any script', () => {
    for (const name of ['Alice', 'Zoë', '李明', 'محمد', 'नेहा', '👩‍👩‍👧', "O'Brien & Söhne"])
      expect(isName(name)).toBe(true)
  })

  it('have no characters that hide something or turn the text around', () => {
    for (const name of ['', ' ', 'a\nb', 'a\u0000', 'a\u001b[2J', '\u202egnp.exe', 'a\u2066b', '\ud800', 'a\u2028b']) {
      expect(isName(name)).toBe(false)
    }
    expect(isName('ä'.repeat(128))).toBe(true)
    expect(isName('ä'.repeat(129))).toBe(false)
    expect(isName(5)).toBe(false)
  })

  it('show what they are, and show at all', () => {
    for (const name of [
      'Al\u200bice',
      'Alice\u2060',
      'Al\u00adice',
      '\u3164',
      '\uffa0x',
      '\u115f\u1160',
      '\u200d',
      '\u2800',
      '\u{e0041}A'
    ]) {
      expect(isName(name)).toBe(false)
    }
    expect(isName('❤\ufe0f')).toBe(true)
  })

  it('lose the space around them when a caller gives them', () => {
    expect(checkName('title', '  Tea at five \n')).toBe('Tea at five')
    expect(() => checkName('title', ' ')).toThrow(InvalidNameError)
  })
})
