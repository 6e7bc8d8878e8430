/** Two people with the notebook, each a process of its own with its own folder, played by a script. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Person } from '../play/person.ts'

const NOTE = /^\d+\. .*/
const NOTES = /^\d+ notes$/
const VERSION = /^ {2}\w+ by .*/
const VERSIONS = /^\d+ versions$/

/** @param script the application: it is started with a folder and `--local` */
export async function playTwo(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'notebook-'))
  const people: Person[] = []
  const start = (name: string, flag?: string): Person => {
    const person = new Person(script, name, join(folder, name), flag)
    people.push(person)
    return person
  }
  try {
    let alice = start('alice')
    alice.type('new', 'write milk', 'write call the plumber', 'invite')
    const [invitation] = await alice.reads(/^walytis\S+/)
    const bob = start('bob')
    bob.type(`join ${invitation}`)
    await bob.reads(/^\* milk$/)
    await bob.reads(/^\* call the plumber$/)
    assert.deepEqual(await list(bob), ['1. milk', '2. call the plumber', '2 notes'])

    // One edits what the other wrote.
    bob.type('edit 1 milk, bread')
    for (const person of [alice, bob]) await person.reads(/^\* milk, bread$/)

    // Both edit the same note while apart.
    await alice.leave()
    alice = start('alice', '--offline')
    await alice.reads(NOTES)
    alice.type('edit 1 milk, bread, tea')
    await alice.reads(/^\* milk, bread, tea$/)
    await alice.leave()
    bob.type('edit 1 milk, bread, soap')
    await bob.reads(/^\* milk, bread, soap$/)
    alice = start('alice')
    await alice.reads(NOTES)
    for (const person of [alice, bob]) await person.reads(/^\* milk, bread, (tea|soap)$/)
    const [atAlice, atBob] = [await history(alice), await history(bob)]
    assert.deepEqual(texts(atAlice), texts(atBob))
    assert.deepEqual([...texts(atAlice)].sort(), ['milk', 'milk, bread', 'milk, bread, soap', 'milk, bread, tea'])
    assert.match(atAlice[1] ?? '', /update by somebody else/)
    assert.match(atBob[1] ?? '', /update by you/)
    // The same one shows at both, and nobody's words are lost.
    const [shown] = await list(alice)
    assert.equal(shown, (await list(bob))[0])
    assert.equal(shown, `1. ${texts(atAlice).at(-1)}`)

    alice.type('delete 2')
    await bob.reads(/^\* deleted: call the plumber$/)
    assert.equal((await list(bob)).at(-1), '1 notes')
    alice.type('restore')
    await bob.reads(/^\* call the plumber$/)
    const lines = (await bob.isShown('history 2', VERSION, VERSIONS)).map((line) => line.trim())
    assert.deepEqual(lines, [
      'original by somebody else: call the plumber',
      'delete by somebody else: call the plumber',
      'restore by somebody else: call the plumber',
      '3 versions'
    ])
    assert.deepEqual(await list(alice), await list(bob))
    await Promise.all([alice.leave(), bob.leave()])
    console.log('Both have the same notes, and all that they ever said.')
  } finally {
    for (const person of people) person.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

const list = async (person: Person): Promise<string[]> => await person.isShown('list', NOTE, NOTES)
const history = async (person: Person): Promise<string[]> => await person.isShown('history 1', VERSION, VERSIONS)

/** What the versions said, in their order. */
const texts = (history: readonly string[]): string[] => history.slice(0, -1).map((line) => line.replace(/^.*?: /, ''))
