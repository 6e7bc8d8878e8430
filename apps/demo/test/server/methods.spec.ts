import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { callMethod, type Methods } from '../../src/server/methods.ts'

const methods: Methods<string> = {
  greet: {
    argument: v.strictObject({ name: v.pipe(v.string(), v.maxLength(5)) }),
    run: async (context, given) => `${context}, ${(given as { name: string }).name}`
  }
}

describe('calling a method', () => {
  it('gives what it answers', async () => {
    expect(await callMethod(methods, 'Hello', 'greet', { name: 'Bob' })).toBe('Hello, Bob')
  })

  it.each(['shout', '__proto__', 'constructor', 'toString', ''])('knows no method %s', async (name) => {
    await expect(callMethod(methods, 'Hello', name, {})).rejects.toMatchObject({
      name: 'InvalidRequestError',
      field: 'method'
    })
  })

  it.each([
    [{}, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'Robert' }, 'name'],
    [{ name: 'Bob', more: true }, 'more'],
    [null, ''],
    ['Bob', '']
  ])('refuses %j, and names the field', async (argument, field) => {
    await expect(callMethod(methods, 'Hello', 'greet', argument)).rejects.toMatchObject({
      name: 'InvalidRequestError',
      field
    })
  })

  it('repeats nothing of what it was given', async () => {
    await expect(callMethod(methods, 'Hello', 'greet', { name: 'a secret' })).rejects.toThrow(
      /^name: max_length is not met$/
    )
  })
})
