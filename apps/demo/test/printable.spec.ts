import { expect, it } from 'vitest'
import { printable } from '../src/printable.ts'

it('lets no message write anywhere but in its own line', () => {
  expect(printable('a\u001b[2Jb\u0007\rc\u202ed\u009b1m')).toBe('a\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd1m')
  expect(printable('Hello\n2020-01-01T00:00:00.000Z  Bob: I agree\r\n')).toBe(
    'Hello ⏎ 2020-01-01T00:00:00.000Z  Bob: I agree ⏎ '
  )
  expect(printable('Zoë 李明 👩‍👩‍👧')).toBe('Zoë 李明 👩‍👩‍👧')
})
