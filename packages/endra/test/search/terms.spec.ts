import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise, queryTermsOf, termsOf } from '../../src/search/terms.ts'

describe('terms', () => {
  it.each([
    ['Tea at five!', ['tea', 'at', 'five']],
    ["Don't worry", ["don't", 'worry']],
    ['CAFÉ Ångström naïve', ['cafe', 'angstrom', 'naive']],
    ['Straße, øre, Łódź', ['strasse', 'ore', 'lodz']],
    ['Привет, мир', ['привет', 'мир']],
    ['Καλημέρα κόσμος', ['καλημερα', 'κοσμοσ']],
    ['مرحبا بالعالم', ['مرحبا', 'بالعالم']],
    ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया']],
    ['안녕하세요 세계', ['안녕하세요', '세계']],
    ['東京都', ['東京', '京都', '都']],
    ['ﬁn ２０３０', ['fin', '2030']],
    ['来週tea飲む', ['来週', '週', 'tea', '飲む', 'む']],
    ['สวัสดี', ['สว', 'วั', 'ัส', 'สด', 'ดี', 'ี']],
    ['🍰 … —', []],
    ['', []]
  ])('of %j', (text, terms) => {
    expect(termsOf(text)).toEqual(terms)
  })

  it('of a query leave out the last character of a run, which the pair before it has', () => {
    expect(queryTermsOf('東京都')).toEqual(['東京', '京都'])
    expect(queryTermsOf('京')).toEqual(['京'])
    expect(queryTermsOf('tea 京')).toEqual(['tea', '京'])
  })

  it('are those of the text in another spelling, and F8 whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (text) => {
        const normal = normalise(text)
        expect(termsOf(normal)).toEqual(termsOf(text))
        for (const term of termsOf(text)) expect(normalise(term)).toBe(term)
      })
    )
  })
})
