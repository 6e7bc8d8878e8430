import { describe, expect, it } from 'vitest'
import { mayHave } from '../../src/state/epochs.ts'
import { did, Script } from './script.ts'

const THREE = `
  i : g   alice  invite i 9 shared admin
  b : i   alice  add bob i admin ; epoch
  p : b   alice  add carol i admin ; epoch
`
const run = (text: string): Promise<Script> => Script.run(THREE + text)

describe('epochs', () => {
  it('the latest that includes all members is best', async () => {
    const script = await run('')
    expect((await script.state()).usable).toEqual(['p', 'b', 'g'])
  })

  it('R13 only an epoch that covers every removal may be used', async () => {
    const script = await run('r : p  alice  remove bob ; epoch')
    expect((await script.state()).usable).toEqual(['r'])
  })

  it('none may be used after a leave until somebody begins one', async () => {
    const script = await run('l : p  bob  leave')
    expect((await script.state()).usable).toEqual([])
  })

  /**
   *   p──r (alice removes bob, epoch)─┐
   *    └─s (carol begins an epoch)────m
   */
  it('R13 an epoch begun beside a removal does not cover it', async () => {
    const script = await run(`
      r : p  alice  remove bob ; epoch
      s : p  carol  epoch
    `)
    expect((await script.state()).usable).toEqual(['r'])
  })

  it('R13 two removals side by side need an epoch that follows both', async () => {
    const script = await run(`
      d : p    alice  add dave i admin ; epoch
      r : d    alice  remove bob ; epoch
      s : d    carol  remove dave ; epoch
    `)
    expect((await script.state()).usable).toEqual([])
    const again = await run(`
      d : p    alice  add dave i admin ; epoch
      r : d    alice  remove bob ; epoch
      s : d    carol  remove dave ; epoch
      t : r,s  alice  epoch
    `)
    expect((await again.state()).usable).toEqual(['t'])
  })

  it('R8 of two epochs side by side all take the senior one', async () => {
    const script = await run(`
      r : p  carol  epoch
      s : p  bob    epoch
    `)
    expect((await script.state()).usable.slice(0, 2)).toEqual(['s', 'r'])
  })

  it('an epoch begun beside an admission is used only while there is no complete one', async () => {
    const script = await run(`
      d : p  carol  add dave i admin ; epoch
      s : p  alice  epoch
    `)
    expect((await script.state()).usable.slice(0, 2)).toEqual(['d', 's'])
  })

  it('R18 a member may have the epochs since it joined, and no others', async () => {
    const script = await run('')
    const state = await script.state()
    const open = [...state.epochs.values()].filter((epoch) => mayHave(state, did('bob'), epoch)).map(({ id }) => id)
    expect(open).toEqual(['b', 'p'])
  })

  it('R14 a removed member may have none', async () => {
    const script = await run('r : p  alice  remove bob ; epoch')
    const state = await script.state()
    expect([...state.epochs.values()].some((epoch) => mayHave(state, did('bob'), epoch))).toBe(false)
  })
})
