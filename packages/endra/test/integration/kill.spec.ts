import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { chatOf, person } from './people.ts'
import { all, World } from './world.ts'

const program = fileURLToPath(new URL('../support/sender-process.ts', import.meta.url))

/** Kill a process that sends once it has reported so many messages. Gives the ids that it reported, and the texts that it had begun. */
async function sendUntilKilled(args: string[], count: number): Promise<{ sent: string[]; begun: Set<string> }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const sent: string[] = []
  const begun = new Set<string>()
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('begun ')) begun.add(JSON.parse(line.slice('begun '.length)))
    if (line.startsWith('sent ')) sent.push(line.slice('sent '.length))
    if (sent.length >= count) child.kill('SIGKILL')
  }
  await exited
  return { sent, begun }
}

it('F1 a device killed while it sends has lost no message that was sent, has none by halves, and hands them on when it is back', async () => {
  await using world = await World.create()
  const alice = await person(world, 'laptop', 'Alice')
  const chat = await alice.profile.chats.create({ title: 'Tea' })
  const bob = await person(world, 'bob', 'Bob')
  const bobs = await bob.profile.chats.join(await chat.invite())
  await world.stop('laptop')
  const args = [world.folderOf('laptop'), 'laptop', alice.profile.did, chat.id]
  const sent: string[] = []
  const begun = new Set<string>()
  for (const count of [3, 17, 40]) {
    const run = await sendUntilKilled(args, count)
    expect(run.sent.length).toBeGreaterThanOrEqual(count)
    sent.push(...run.sent)
    for (const text of run.begun) begun.add(text)
  }
  const again = await chatOf(await (await world.start('laptop')).profiles.get(alice.profile.did), chat.id)
  const kept = await all(again.messages())
  const ids = new Set(kept.map(({ id }) => id))
  expect(sent.filter((id) => !ids.has(id))).toEqual([])
  // What is there beyond that was whole on the disk before the kill: nothing is cut, and nothing is there twice.
  expect(kept.filter(({ text }) => !begun.has(text))).toEqual([])
  expect(new Set(kept.map(({ text }) => text)).size).toBe(kept.length)
  await again.sync()
  await expect
    .poll(async () => (await all(bobs.messages())).map(({ id }) => id), { timeout: 30_000 })
    .toEqual(kept.map(({ id }) => id))
  expect((await again.summary()).last?.id).toBe(kept.at(-1)?.id)
}, 180_000)
