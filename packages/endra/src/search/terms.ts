/**
 * What a text is found by, in any script. Words where a script has spaces; pairs of neighbouring characters where it has none, so that any part of
 * a text is found without knowing the language.
 */
import { MAX_SEARCHED_CHARACTERS } from '../constants.ts'

/** Scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]+/gu
/** Accents of Latin, Greek and Cyrillic once they are taken apart. Vowel signs of other scripts are no accents. */
const ACCENTS = /[\u0300-\u036f]/g
/** Letters that Unicode does not take apart. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ς: 'σ'
}

const words = new Intl.Segmenter('und', { granularity: 'word' })

/** A text as it is compared: one spelling for what looks alike. */
export function normalise(text: string): string {
  const folded = text.slice(0, MAX_SEARCHED_CHARACTERS).normalize('NFKC').toLowerCase().normalize('NFD')
  return folded
    .replace(ACCENTS, '')
    .replace(/[ßøłđæœıς]/g, (letter) => SPELLINGS[letter] ?? letter)
    .normalize('NFC')
}

/** The terms of a text, in order and as often as they occur. */
export function termsOf(text: string): string[] {
  const normal = normalise(text)
  const terms: string[] = []
  let from = 0
  for (const match of normal.matchAll(UNSPACED)) {
    terms.push(...wordsOf(normal.slice(from, match.index)), ...pairsOf(match[0]))
    from = match.index + match[0].length
  }
  return [...terms, ...wordsOf(normal.slice(from))]
}

function wordsOf(text: string): string[] {
  return [...words.segment(text)].filter(({ isWordLike }) => isWordLike === true).map(({ segment }) => segment)
}

/** Each character with the next one; the last one alone, so that a single character is found as the beginning of a pair. */
function pairsOf(run: string): string[] {
  const characters = [...run]
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

/** The terms of what is searched for: the last character of a run without spaces adds nothing to the pair before it. */
export function queryTermsOf(text: string): string[] {
  const terms = termsOf(text)
  return terms.filter((term, index) => [...term].length > 1 || !(terms[index - 1] ?? '').endsWith(term))
}
