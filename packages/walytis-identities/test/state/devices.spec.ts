import { describe, expect, it } from 'vitest'
import { did, Script } from './script.ts'

/** Bob is a user with a laptop (`bob`) and, by a mirror, a phone. */
const TWO = `
  i : g   alice  invite i 9 shared admin
  b : i   alice  add bob i admin ; epoch
  c : b   alice  add carol i admin ; epoch
  p : c   bob    mirror bob +phone
`
const run = (text: string): Promise<Script> => Script.run(TWO + text)

describe('devices of members', () => {
  it('act for the member once evidence shows them', async () => {
    const script = await run('x : p  bob/phone  epoch')
    expect(script.refused.size).toBe(0)
    expect((await script.state()).members.get(did('bob'))?.devices.map((device) => device.did)).toEqual([
      did('bob'),
      did('phone')
    ])
  })

  it('do not before', async () => {
    const script = await run('x : c  bob/phone  epoch')
    expect(script.refused.get('x')).toBe('not-a-device')
  })

  /**
   *   p──m (anybody mirrors that the phone was removed, new epoch)
   *    └─x (the phone acts)
   */
  it('R7 what a removed device did beside the evidence falls, whoever brought it', async () => {
    const script = await run(`
      m : p  carol      mirror bob -phone ; epoch
      x : p  bob/phone  remove carol ; epoch
    `)
    expect(await script.members()).toBe('alice bob carol')
    expect(await script.fallen()).toBe('x')
    const state = await script.state()
    expect(state.usable).toEqual(['m'])
    expect([...state.exclusions]).toEqual(['m'])
  })

  it('R15 what it does after the evidence is refused', async () => {
    const script = await run(`
      m : p  carol      mirror bob -phone ; epoch
      x : m  bob/phone  says
    `)
    expect(script.refused.get('x')).toBe('not-a-device')
  })

  it('evidence counts even when the block that brought it falls', async () => {
    const script = await run(`
      r : p  alice      remove carol ; epoch
      m : p  carol      mirror bob -phone
      x : p  bob/phone  epoch
    `)
    expect(await script.fallen()).toBe('m x')
    expect((await script.state()).byKey.has(did('phone'))).toBe(false)
  })

  it('what the member did with its other devices stands', async () => {
    const script = await run(`
      m : p  carol  mirror bob -phone ; epoch
      x : p  bob    invite j 1
    `)
    expect(await script.fallen()).toBe('')
  })
})
