import { describe, expect, it } from 'vitest'
import { did, Script } from './script.ts'

/** Alice founds; bob, carol and dave are admins, admitted in that order. `p` is where they all stand. */
const FOUR = `
  i : g   alice  invite i 9 shared admin
  b : i   alice  add bob i admin
  c : b   alice  add carol i admin
  p : c   bob    add dave i admin
`

const run = (text: string): Promise<Script> => Script.run(FOUR + text)

describe('who is in effect', () => {
  it('admits in order of seniority', async () => {
    const script = await run('')
    expect(await script.members()).toBe('alice bob dave carol')
  })

  /**
   *   p──r (alice removes bob)
   *    └─x (bob invites)      falls: concurrent with the removal of its author
   */
  it('R15 drops what a removed member did concurrently', async () => {
    const script = await run(`
      r : p  alice  remove bob ; epoch
      x : p  bob    invite j 1
    `)
    expect(await script.members()).toBe('alice dave carol')
    expect(await script.fallen()).toBe('x')
  })

  it('R15 refuses what a removed member does after its removal', async () => {
    const script = await run(`
      r : p  alice  remove carol ; epoch
      x : r  carol  says
    `)
    expect(script.refused.get('x')).toBe('not-a-device')
    expect(await script.members()).toBe('alice bob dave')
  })

  it('keeps what came before the removal', async () => {
    const script = await run(`
      q : p  carol  invite k 1 admin
      r : q  alice  remove carol ; epoch
    `)
    expect(await script.fallen()).toBe('')
  })

  /**
   *   p──r (alice removes bob)──e (alice adds bob again)──x (bob acts)
   */
  it('lets a member act who was added again after the removal', async () => {
    const script = await run(`
      r : p  alice  remove carol ; epoch
      j : r  alice  invite j 1
      e : j  alice  add carol j
      x : e  carol  epoch
    `)
    expect(await script.members()).toBe('alice bob dave carol')
    expect(await script.fallen()).toBe('')
  })

  /**
   *   p──r (alice removes carol, whom bob has removed and added again concurrently)
   */
  it('R16 does not undo a removal by adding again concurrently', async () => {
    const script = await run(`
      r : p  alice  remove carol ; epoch
      s : p  bob    remove carol ; epoch
      j : s  bob    invite j 1
      e : j  bob    add carol j
    `)
    expect(await script.members('e')).toBe('alice bob dave carol')
    expect(await script.members()).toBe('alice bob dave')
  })

  /** Whom bob added in an act that fell falls too, and so does what that one did. */
  it('cascades', async () => {
    const script = await run(`
      r : p  alice  remove bob ; epoch
      j : p  bob    invite j 1 admin
      e : j  bob    add erin j admin
      f : e  erin   invite k 1
    `)
    expect(await script.members('f')).toBe('alice bob dave erin carol')
    expect(await script.members()).toBe('alice dave carol')
    expect(await script.fallen()).toBe('e f j')
  })
})

describe('acts that undo each other', () => {
  /**
   *   p──x (bob removes carol)
   *    └─y (carol removes bob)
   */
  it('R16 the senior of two who remove each other stays', async () => {
    const script = await run(`
      x : p  dave   remove carol ; epoch
      y : p  carol  remove dave ; epoch
    `)
    expect(await script.members()).toBe('alice bob dave')
    expect(await script.fallen()).toBe('y')
  })

  it('R16 a circle of three ends with the most senior in', async () => {
    const script = await run(`
      x : p  bob    remove carol ; epoch
      y : p  carol  remove alice ; epoch
      z : p  alice  remove bob ; epoch
    `)
    // alice outranks both: her act stands, bob's and carol's fall
    expect(await script.members()).toBe('alice dave carol')
    expect(await script.fallen()).toBe('x y')
  })

  it('R16 a demotion stands against a concurrent act of the demoted', async () => {
    const script = await run(`
      x : p  alice  role bob member
      y : p  bob    remove carol ; epoch
    `)
    expect(await script.members()).toBe('alice bob dave carol')
    expect(await script.fallen()).toBe('y')
  })

  it('R16 a demotion leaves what any member may do', async () => {
    const script = await run(`
      x : p  alice  role bob member
      y : p  bob    epoch
    `)
    expect(await script.fallen()).toBe('')
    expect((await script.state()).members.get(did('bob'))?.role).toBe('member')
  })

  it('R16 the senior of two who demote each other stays an admin', async () => {
    const script = await run(`
      x : p  carol  role bob member
      y : p  bob    role carol member
    `)
    const { members } = await script.state()
    expect(members.get(did('bob'))?.role).toBe('admin')
    expect(members.get(did('carol'))?.role).toBe('member')
  })
})

describe('the witness rule', () => {
  /**
   *   p──r (bob removes alice, the founder)──w1 (carol) ─ w2 (dave) ─ …
   *    └─x (alice, dated back a year later: removes bob)
   */
  it('R40 a removed founder can not undo it by an act dated back', async () => {
    const script = await run(`
      r  : p   bob    remove alice ; epoch
      w1 : r   carol  says
      w2 : w1  dave   says
      x  : p   alice  remove bob ; epoch
    `)
    expect(await script.members()).toBe('bob dave carol')
    expect(await script.fallen()).toBe('x')
  })

  it('decides by seniority when nobody saw either', async () => {
    const script = await run(`
      r : p  bob    remove alice ; epoch
      x : p  alice  remove bob ; epoch
    `)
    expect(await script.members()).toBe('alice dave carol')
  })

  it('decides by seniority when both were seen', async () => {
    const script = await run(`
      r : p  bob    remove alice ; epoch
      x : p  alice  remove bob ; epoch
      v : r  carol  says
      w : x  dave   says
    `)
    expect(await script.members()).toBe('alice dave carol')
  })

  it('does not count witnesses whom one of the two brought in afterwards', async () => {
    const script = await run(`
      r : p  bob    remove alice ; epoch
      x : p  alice  remove bob ; epoch
      j : r  bob    invite j 1 admin
      e : j  bob    add erin j admin
      w : e  erin   says
    `)
    expect(await script.members()).toBe('alice dave carol')
  })

  it('is the same wherever the witness comes from: an act counts as well', async () => {
    const script = await run(`
      r : p  bob    remove alice ; epoch
      x : p  alice  remove bob ; epoch
      w : r  carol  invite j 1
    `)
    expect(await script.members()).toBe('bob dave carol')
  })
})
