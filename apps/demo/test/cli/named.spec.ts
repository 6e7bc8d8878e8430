import { describe, expect, it } from 'vitest'
import { named } from '../../src/cli/named.ts'

type Thing = readonly [id: string, name: string]
const find = async (things: readonly Thing[], given: string): Promise<Thing | undefined> => {
  return await named(things, given, (thing) => thing, 'device')
}

describe('what somebody means in the terminal', () => {
  it('is named by its id or its name', async () => {
    const things: Thing[] = [
      ['id-1', 'Laptop'],
      ['id-2', 'Phone']
    ]
    expect(await find(things, 'id-2')).toBe(things[1])
    expect(await find(things, 'Laptop')).toBe(things[0])
    expect(await find(things, 'Tablet')).toBeUndefined()
  })

  it('is never what others have given the id of something else as a name', async () => {
    const things: Thing[] = [
      ['id-1', 'id-2'],
      ['id-2', 'Phone']
    ]
    expect(await find(things, 'id-2')).toBe(things[1])
  })

  it('is not guessed among several of one name', async () => {
    const things: Thing[] = [
      ['id-1', 'Phone'],
      ['id-2', 'Phone']
    ]
    await expect(find(things, 'Phone')).rejects.toThrow('2 of them are called “Phone”')
  })
})
