import { describe, expect, it } from 'vitest'
import { DeviceError, UsageError } from '../src/errors.ts'
import { explain } from '../src/explain.ts'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: something, at 127.0.0.1:4001`), { code })

describe('explaining an error', () => {
  it('is its name and one sentence', () => {
    expect(explain(new UsageError('There is no profile here yet.'), false)).toBe(
      'UsageError: There is no profile here yet.'
    )
    expect(explain(new UsageError('First line.\n    at second line'), false)).toBe('UsageError: First line.')
  })

  it('finds the reason beneath what says nothing', () => {
    const wrapped = new AggregateError([new Error('other'), new Error('listen', { cause: systemError('EADDRINUSE') })])
    expect(explain(wrapped, false)).toBe(
      'AddressInUseError: Another program is listening on that address and port already.'
    )
    expect(explain(systemError('ENOENT'), false)).toBe('FileNotFoundError: There is no such file or folder.')
  })

  it('says which file is missing', () => {
    const error = Object.assign(systemError('ENOENT'), { path: '/home/alice/passphrase' })
    expect(explain(error, false)).toBe('FileNotFoundError: There is no such file or folder. (/home/alice/passphrase)')
  })

  it('leaves the words of a class of its own alone', () => {
    class StoreLockedError extends Error {
      override readonly name = 'StoreLockedError'
    }
    const error = new StoreLockedError('Another process uses the folder.', { cause: systemError('EACCES') })
    expect(explain(error, false)).toBe('StoreLockedError: Another process uses the folder.')
  })

  it("speaks in the words of another process's error", () => {
    const error = new DeviceError('Bob', { name: 'InvitationError', message: 'The invitation is used up.' })
    expect(explain(error, false)).toBe('InvitationError: The invitation is used up.')
  })

  it('shows the stack and the causes when asked', () => {
    const shown = explain(new UsageError('Wrong.', { cause: systemError('ENOENT') }), true)
    expect(shown).toMatch(/^UsageError: Wrong\.\nUsageError: Wrong\.\n\s+at .*explain\.spec/)
    expect(shown).toContain('caused by: Error: ENOENT')
  })

  it('says something about what is no error', () => {
    expect(explain('just text', false)).toBe('UnknownError: just text')
    expect(explain(new Error('surprise'), false)).toBe('UnexpectedError: surprise')
  })
})
