import { expect, it } from 'vitest'
import { Transcript } from '../src/transcript.ts'

it('a transcript says when, who and what', () => {
  const lines: string[] = []
  let now = 5000
  const transcript = new Transcript(
    (line) => lines.push(line),
    () => now
  )
  transcript.heading('A chat')
  now = 6234
  transcript.line('Bob', 'reads "hello"')
  expect(lines).toEqual(['', 'A chat', '   1.234 s  Bob               reads "hello"'])
})
