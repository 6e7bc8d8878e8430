import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDag } from 'walytis/testing'
import { referenceState } from './reference/membership.ts'
import { random, shuffled } from './state/histories.ts'
import { hashState, Script } from './state/script.ts'

/** docs/rules.md is carried out: each of its examples is a drawing, who does what in it, and what comes of it. */

const START = [
  'i : g alice invite i 3 admin',
  'b : i alice add bob i admin',
  'c : b alice add carol i admin',
  'p : c alice add dave i admin ; epoch'
]

interface Example {
  readonly name: string
  readonly start: readonly string[]
  readonly lines: string[]
  readonly results: ReadonlyMap<string, string>
}

const text = await readFile(join(import.meta.dirname, '..', 'docs', 'rules.md'), 'utf8')
const sections = text.split(/^## /m).slice(1)
const examples = sections.flatMap(examplesIn)

function examplesIn(section: string): Example[] {
  const [title = ''] = section.split('\n')
  return [...section.matchAll(/```rule\n([\s\S]*?)```/g)].map(([, body = ''], at) => {
    const [drawing = '', legend = '', results = ''] = body.split('\n\n')
    const [, recovery] = /^recovery (\w+)$/m.exec(legend) ?? []
    const acts = new Map(
      legend
        .split('\n')
        .filter((line) => !line.startsWith('recovery '))
        .map((line) => split(line, /\s+/))
    )
    const graph = parseDag(drawing)
    const lines = [...graph].flatMap(([name, parents]) => {
      const [author, act] = split(acts.get(name) ?? '', /:\s*/)
      return name === 'p' ? [] : [`${name} : ${parents.join(',')} ${author} ${act}`]
    })
    expect([...graph.keys()].sort(), title).toEqual(['p', ...acts.keys()].sort())
    return {
      name: at === 0 ? title : `${title} (${at + 1})`,
      start: recovery === undefined ? START : [`recovery ${recovery}`, ...START],
      lines,
      results: new Map(
        results
          .trim()
          .split('\n')
          .map((line) => split(line, /:\s*/))
      )
    }
  })
}

function split(line: string, by: RegExp): [string, string] {
  const [first = ''] = line.split(by)
  return [first, line.slice(first.length).replace(by, '').trim()]
}

/** What came of it, in the words of the document. */
async function outcome(script: Script, key: string): Promise<string> {
  const state = await script.state()
  const answers: Record<string, string> = {
    members: await script.members(),
    fallen: [...state.fallen].sort().join(' '),
    refused: [...script.refused].flat().join(' '),
    usable: state.usable.join(' '),
    best: state.usable[0] ?? ''
  }
  return answers[key] || 'none'
}

describe('docs/rules.md', () => {
  it('has an example of each rule', () => {
    expect(sections.length).toBeGreaterThan(14)
    for (const section of sections) {
      expect(examplesIn(section).length, section).toBeGreaterThan(0)
    }
  })

  it.each(examples)('R16 $name', async ({ start, lines, results }) => {
    const script = await Script.run([...start, ...lines].join('\n'))
    expect(results.size).toBeGreaterThan(0)
    expect(Object.fromEntries(results)).toEqual(
      Object.fromEntries(await Promise.all([...results.keys()].map(async (key) => [key, await outcome(script, key)])))
    )
    if (!results.has('refused')) {
      expect([...script.refused]).toEqual([])
    }
    const state = await script.state()
    expect([...state.fallen].sort()).toEqual(referenceState(script.ledger.nodes()).fallen)
    const accepted = [...START, ...lines].filter((line) => script.names().includes(line.split(' ')[0] ?? ''))
    for (let seed = 1; seed <= 5; seed++) {
      const other = await Script.run([...start.slice(0, -START.length), ...shuffled(accepted, random(seed))].join('\n'))
      expect(hashState(await other.state())).toBe(hashState(state))
    }
  })
})
