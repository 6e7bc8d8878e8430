import { parseLine, Script } from './script.ts'

/** Random histories of a group, as lines of a script. */

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin']

/** A small generator of random numbers (mulberry32): the same seed, the same history. */
export function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A history that a few members write at random, most of it at the same time. */
export async function randomHistory(pick: (below: number) => number): Promise<{ script: Script; lines: string[] }> {
  const lines = [
    'i : g alice invite i 9 shared admin',
    'b : i alice add bob i admin ; epoch',
    'c : b alice add carol i admin ; epoch',
    'd : c bob add dave i admin ; epoch',
    'j : d carol invite j 1 shared'
  ]
  const script = await Script.run(lines.join('\n'))
  for (let turn = 0; turn < 60 && script.names().length < 20; turn++) {
    const names = script.names()
    const recent = names.slice(-(2 + pick(6)))
    const parents = [...new Set(Array.from({ length: 1 + pick(2) }, () => recent[pick(recent.length)] ?? 'g'))]
    const author = PEOPLE[pick(4)] ?? 'alice'
    const device = pick(4) === 0 ? `${author}/${author}2` : author
    // ids in an order of their own, so that ties do not follow the order of writing
    const name = `${String.fromCharCode(97 + pick(26))}${turn}`
    const line = `${name} : ${parents.join(',')} ${device} ${randomAct(pick, name, lines)}`
    if (await script.add(parseLine(line))) {
      lines.push(line)
    }
  }
  return { script, lines }
}

function randomAct(pick: (below: number) => number, name: string, lines: readonly string[]): string {
  const invitations = lines.flatMap((line) => / invite (\w+) /.exec(line)?.[1] ?? [])
  const invitation = invitations[pick(invitations.length)] ?? 'i'
  const who = PEOPLE[pick(PEOPLE.length)] ?? 'bob'
  const acts = [
    `remove ${who} ; epoch`,
    `remove ${who} ; epoch`,
    `remove ${who}`,
    `role ${who} member`,
    `role ${who} admin`,
    `add ${who} ${invitation}`,
    `add ${who} ${invitation} ; epoch`,
    `add ${who} ${invitation} admin ; epoch`,
    `add ${who} ${invitation} admin`,
    `add ${who} i admin ; epoch`,
    `add ${who} i admin`,
    `invite k${name} 2 shared`,
    `invite l${name} 1 shared admin`,
    `revoke ${invitation}`,
    'leave',
    'epoch',
    `mirror ${who} +${who}2`,
    `mirror ${who} -${who}2 ; epoch`,
    'says',
    'says',
    'says'
  ]
  return acts[pick(acts.length)] ?? 'says'
}

/** The same blocks, each after its parents, in another order. */
export function shuffled(lines: readonly string[], pick: (below: number) => number): string[] {
  const left = [...lines]
  const order: string[] = []
  const done = new Set(['g'])
  while (left.length > 0) {
    const ready = left.filter((line) => parseLine(line).parents.every((parent) => done.has(parent)))
    const next = ready[pick(ready.length)] ?? ''
    left.splice(left.indexOf(next), 1)
    done.add(parseLine(next).name)
    order.push(next)
  }
  return order
}
