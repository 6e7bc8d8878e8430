import { expect, it } from 'vitest'
import { disagreement, type Read, resolver } from './agreement.ts'
import { readHistory } from './draw.ts'
import { type Failure, testOf, trySeed } from './failure.ts'

/** A resolver with a mistake: it forgets that a removal may itself have fallen. */
const forgetful: Read = async (script) => {
  const state = await resolver(script)
  const removed = script
    .names()
    .flatMap((name) => script.get(name).acts.flatMap((act) => (act.kind === 'remove' ? [act.member] : [])))
  return { ...state, members: state.members.filter((member) => !removed.includes(member.split(' ')[0] as never)) }
}

async function firstFailure(read: Read): Promise<Failure> {
  for (let seed = 1; ; seed++) {
    const { failure } = await trySeed(seed, read)
    if (failure !== undefined) {
      return failure
    }
  }
}

it('R16 a resolver with a mistake is found out, and the history shrunk, drawn and written as a test', async () => {
  const failure = await firstFailure(forgetful)
  const lines = readHistory(failure.drawing)
  expect(failure.reason).toMatch(/^members: /)
  // an invitation, two admissions, a removal, and one that undoes it or adds again: nothing can be left out of it
  expect(lines.length).toBeLessThanOrEqual(6)
  expect(await disagreement(lines, failure.seed, forgetful)).toBe(failure.reason)
  expect(await disagreement(lines, failure.seed)).toBeUndefined()
  const written = testOf(failure)
  expect(written).toContain(failure.drawing.split('\n')[0])
  const drawn = /`\n([\s\S]*)\n`/.exec(written)?.[1] ?? ''
  expect(readHistory(drawn)).toEqual(lines)
})
