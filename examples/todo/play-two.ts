/** Two people with the to-do list, each a process of its own with its own folder, played by a script. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Person } from '../play/person.ts'

/** @param script the application: it is started with a folder and `--local` */
export async function playTwo(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'todo-'))
  const people: Person[] = []
  const start = (name: string): Person => {
    const person = new Person(script, name, join(folder, name))
    people.push(person)
    return person
  }
  try {
    const alice = start('alice')
    alice.type('new', 'add milk', 'add bread', 'invite')
    const [invitation] = await alice.reads(/^walytis:\S+/)
    let bob = start('bob')
    bob.type(`join ${invitation}`)
    await bob.reads(/2 of 2 to do/)
    bob.type('add soap', 'tick 1')
    await alice.reads(/^x milk {3}\(from somebody else\)/)

    await bob.leave()
    alice.type('add tea', 'untick 1')
    await alice.reads(/^o milk$/)
    bob = start('bob')
    await bob.reads(/^o milk {3}\(from somebody else\)/)

    const lists = await Promise.all(
      [alice, bob].map((person) => person.isShown('list', /^\d+\. \[.*/, /^\d+ of \d+ to do$/))
    )
    assert.deepEqual(lists[0], lists[1])
    assert.deepEqual(lists[0]?.map((line) => line.replace(/^\d+\. /, '')).sort(), [
      '4 of 4 to do',
      '[ ] bread',
      '[ ] milk',
      '[ ] soap',
      '[ ] tea'
    ])
    await Promise.all([alice.leave(), bob.leave()])
    console.log('Both have the same list.')
  } finally {
    for (const person of people) person.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
