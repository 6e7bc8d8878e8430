import { describe, expect, it } from 'vitest'
import { did, Script } from './script.ts'

const THREE = `
  i : g   alice  invite i 9 shared admin
  b : i   alice  add bob i admin
  p : b   alice  add carol i admin
  m : p   alice  invite m 2 shared
`
const run = (text: string): Promise<Script> => Script.run(THREE + text)

describe('invitations', () => {
  it('R20 are refused when used up', async () => {
    const script = await run(`
      j : m  alice  invite j 1
      d : j  alice  add dave j
      e : d  alice  add erin j
    `)
    expect(script.refused.get('e')).toBe('invitation-used-up')
    expect(await script.members()).toBe('alice bob carol dave')
  })

  it('R20 are refused after revocation', async () => {
    const script = await run(`
      j : m  bob    invite j 5 shared
      v : j  bob    revoke j
      d : v  alice  add dave j
    `)
    expect(script.refused.get('d')).toBe('invitation-closed')
  })

  it('R20 are honoured only by the inviting member unless shared', async () => {
    const script = await run(`
      j : m  bob    invite j 1
      d : j  alice  add dave j
    `)
    expect(script.refused.get('d')).toBe('invitation-of-another')
  })

  it('R11 are made by admins alone, like removals and roles', async () => {
    const script = await run(`
      d : m  alice  add dave m
      j : d  dave   invite j 1
      r : d  dave   remove carol
      o : d  dave   role dave admin
    `)
    expect(['j', 'r', 'o'].map((name) => script.refused.get(name))).toEqual([
      'not-an-admin',
      'not-an-admin',
      'not-an-admin'
    ])
  })

  it('R11 a stranger can do nothing', async () => {
    const script = await run(`
      x : m  mallory  epoch
      y : m  mallory  says
    `)
    expect([script.refused.get('x'), script.refused.get('y')]).toEqual(['not-a-device', 'not-a-device'])
  })

  it('are void after a removal that saw them, if shared or made by the removed', async () => {
    const script = await run(`
      j : m  bob    invite j 1
      k : j  carol  invite k 1
      r : k  alice  remove bob ; epoch
      d : r  alice  add dave m
      e : r  carol  add erin k
    `)
    expect(script.refused.get('d')).toBe('invitation-closed')
    expect((await script.state()).invitations.get('j')?.open).toBe(false)
    expect(await script.members()).toBe('alice carol erin')
  })

  it('with uses left are void after a removal that saw them: who was removed may still hold the secret', async () => {
    const script = await run(`
      j : m  alice  invite j 3
      k : j  alice  invite k 1
      d : k  alice  add dave j ; epoch
      r : d  alice  remove dave ; epoch
      x : r  alice  add dave j
      e : r  alice  add erin k
    `)
    expect(script.refused.get('x')).toBe('invitation-closed')
    expect(await script.members()).toBe('alice bob carol erin')
  })

  /**
   *   j──d (alice's laptop adds dave)
   *    └─e (alice's phone adds erin)      one use: one stays, and counts as removed for epochs
   */
  it('R22 of two who race for one use, exactly one stays', async () => {
    const script = await run(`
      j : m  alice  invite j 1 shared
      d : j  alice  add dave j ; epoch
      e : j  bob    add erin j ; epoch
    `)
    expect(await script.members()).toBe('alice bob carol dave')
    expect(await script.fallen()).toBe('e')
    const state = await script.state()
    expect([...state.exclusions]).toEqual(['e'])
    expect(state.usable).toEqual([])
  })

  it('R22 the winner is the one that others have seen', async () => {
    const script = await run(`
      j : m  alice  invite j 1 shared
      d : j  alice  add dave j
      e : j  bob    add erin j
      w : e  carol  says
    `)
    expect(await script.members()).toBe('alice bob erin carol')
  })

  it('R22 of three who race for two uses, two stay', async () => {
    const script = await run(`
      d : m  alice  add dave m
      e : m  bob    add erin m
      f : m  carol  add frank m
    `)
    expect((await script.state()).members.size).toBe(5)
    expect((await script.state()).members.has(did('frank'))).toBe(false)
  })
})
