import { referenceState } from '../reference/membership.ts'
import { hashState, parseLine, Script } from '../state/script.ts'
import { resolver } from './agreement.ts'
import { drawHistory } from './draw.ts'

/**
 * A model checker: up to four members, each with a short program of acts, in all the ways in which their acts and what they have heard from each other
 * can follow one another. What a member knows when it acts is any set of blocks that is closed under parents and holds its own, so
 * the graphs that are visited are all that can come about. Each is delivered in all orders.
 */

const MEMBERS = ['alice', 'bob', 'carol', 'dave'] as const

/** Where all begin: four admins, and an invitation for one of a kind that any of them may use. */
const START = [
  'i : g alice invite i 9 shared admin',
  'b : i alice add bob i admin ; epoch',
  'c : b bob add carol i admin ; epoch',
  'd : c alice add dave i admin ; epoch',
  's : d bob invite k 1 shared'
]

/** Acts of one block each, or of two that follow each other. `NEXT` and `LAST` are other members. */
export const ACTS: readonly (readonly string[])[] = [
  ['remove NEXT ; epoch'],
  ['remove LAST ; epoch'],
  ['remove NEXT ; epoch', 'invite OWN 1 ; add NEXT OWN ; epoch'],
  ['add erin k ; epoch'],
  ['epoch'],
  ['role NEXT member'],
  ['leave']
]

/** Acts of one member, block by block. */
export type Program = readonly string[]

export interface Disagreement {
  readonly reason: string
  readonly drawing: string
}

export interface Checked {
  readonly programs: number
  readonly graphs: number
  readonly orders: number
  readonly failures: readonly Disagreement[]
}

/** All programs that `members` can have of these acts, each member one. */
export async function checkAll(members: number, acts: readonly Program[]): Promise<Checked> {
  let total: Checked = { programs: 0, graphs: 0, orders: 0, failures: [] }
  for (const programs of assignments(members, acts)) {
    const one = await check(programs)
    total = {
      programs: total.programs + 1,
      graphs: total.graphs + one.graphs,
      orders: total.orders + one.orders,
      failures: [...total.failures, ...one.failures]
    }
  }
  return total
}

/** All graphs of some programs, the first member's first, in all orders. */
export async function check(programs: readonly Program[]): Promise<Omit<Checked, 'programs'>> {
  const failures: Disagreement[] = []
  let graphs = 0
  let orders = 0
  for (const lines of await graphsOf(programs)) {
    graphs++
    let hash: string | undefined
    for (const order of ordersOf(lines)) {
      orders++
      const script = await Script.run([...START, ...order].join('\n'))
      const found = hashState(await script.state())
      const reason =
        script.refused.size > 0
          ? `refused: ${[...script.refused].join(' ')}`
          : hash === undefined
            ? await broken(script)
            : found === hash
              ? undefined
              : 'another order gives another state'
      hash ??= found
      if (reason !== undefined) {
        failures.push({ reason, drawing: drawHistory([...START, ...order]) })
        break
      }
    }
  }
  return { graphs, orders, failures }
}

/** What must hold of every state, besides that it is the reference's. @returns what does not */
async function broken(script: Script): Promise<string | undefined> {
  const state = await script.state()
  const own = await resolver(script)
  const expected = referenceState(script.ledger.nodes())
  if (JSON.stringify(own) !== JSON.stringify(expected)) {
    return 'the reference has another state'
  }
  for (const id of state.usable) {
    for (const member of state.epochs.get(id)?.members ?? []) {
      if (!state.members.has(member)) {
        return `R13 somebody who is out has the usable epoch ${id}`
      }
    }
  }
  const mayBeEmpty = script.names().some((name) => script.get(name).acts.some(({ kind }) => kind === 'leave'))
  if (state.members.size === 0) {
    return mayBeEmpty ? undefined : 'nobody is left, and nobody has left'
  }
  const heads = script.ledger.frontier(script.ledger.nodes()).map(({ id }) => id)
  const [first] = (await script.members()).split(' ')
  await script.add(parseLine(`z : ${heads.join(',')} ${first} epoch`))
  return (await script.state()).usable[0] === 'z' ? undefined : 'R17 the most senior member can not begin an epoch'
}

/** Every graph that can come about once all have acted, as lines. Acts that are refused where they would stand are left out. */
async function graphsOf(programs: readonly Program[]): Promise<(readonly string[])[]> {
  const steps = programs.reduce((sum, program) => sum + program.length, 0)
  let partial = new Map<string, Unfinished>([['', { lines: [], done: programs.map(() => 0) }]])
  for (let step = 0; step < steps; step++) {
    const next = new Map<string, Unfinished>()
    for (const graph of partial.values()) {
      for (const [at, program] of programs.entries()) {
        const act = program[graph.done[at] ?? 0]
        if (act !== undefined) {
          for (const longer of await extended(graph, at, act)) {
            next.set(`${[...longer.lines].sort().join('\n')} ${longer.done.join()}`, longer)
          }
        }
      }
    }
    partial = next
  }
  return [...partial.values()].map(({ lines }) => lines)
}

interface Unfinished {
  readonly lines: readonly string[]
  /** How many of its acts each member has carried out. */
  readonly done: readonly number[]
}

/** The graph with one more act, for each set of blocks that its author may have seen. */
async function extended(graph: Unfinished, member: number, act: string): Promise<Unfinished[]> {
  const name = MEMBERS[member] ?? 'alice'
  const done = graph.done.with(member, (graph.done[member] ?? 0) + 1)
  const own = graph.lines.flatMap((line) => (nameOf(line).startsWith(name) ? [nameOf(line)] : [])).at(-1)
  const script = await Script.run([...START, ...graph.lines].join('\n'))
  const results: Unfinished[] = []
  const block = `${name}${done[member]}`
  for (const heads of antichains(script, graph.lines.map(nameOf))) {
    if (own === undefined || heads.some((head) => head === own || follows(script, head, own))) {
      const line = `${block} : ${heads.length === 0 ? 's' : [...heads].sort().join(',')} ${name} ${written(act, member, block)}`
      const taken = (await Script.run([...START, ...graph.lines, line].join('\n'))).refused.size === 0
      results.push({ lines: taken ? [...graph.lines, line] : graph.lines, done })
    }
  }
  return results
}

/** Sets of blocks of which none follows another. */
function antichains(script: Script, names: readonly string[]): string[][] {
  const sets: string[][] = [[]]
  for (const name of names) {
    const wider = sets
      .filter((set) => set.every((one) => !follows(script, one, name) && !follows(script, name, one)))
      .map((set) => [...set, name])
    sets.push(...wider)
  }
  return sets
}

function follows(script: Script, a: string, b: string): boolean {
  return script.get(a).past.has(script.get(b).index)
}

/** All orders in which each block comes after its parents. */
function* ordersOf(lines: readonly string[]): Generator<string[]> {
  if (lines.length === 0) {
    yield []
  }
  const left = new Set(lines.map(nameOf))
  for (const line of lines) {
    if (parseLine(line).parents.every((parent) => !left.has(parent))) {
      for (const rest of ordersOf(lines.filter((other) => other !== line))) {
        yield [line, ...rest]
      }
    }
  }
}

function* assignments(members: number, acts: readonly Program[]): Generator<Program[]> {
  if (members === 0) {
    yield []
    return
  }
  for (const rest of assignments(members - 1, acts)) {
    for (const act of acts) {
      yield [...rest, act]
    }
  }
}

/** An act of a program as that member carries it out. */
function written(act: string, member: number, block: string): string {
  const next = MEMBERS[(member + 1) % MEMBERS.length] ?? 'alice'
  const last = MEMBERS[(member + MEMBERS.length - 1) % MEMBERS.length] ?? 'alice'
  return act.replaceAll('NEXT', next).replaceAll('LAST', last).replaceAll('OWN', `own${block}`)
}

function nameOf(line: string): string {
  return line.split(' ')[0] ?? ''
}
