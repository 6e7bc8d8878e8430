/**
 * Alice and Bob share a calendar: types of messages of an application's own. Each runs a node; both in this process, in memory, on this machine.
 * What the types are is in `calendar/shared-calendar.ts`.
 */
import assert from 'node:assert/strict'
import { createEndra, type TypedEntry, type TypedMessages } from 'endra'
import { answer, type CalendarDate, calendarAnswer, calendarDate, readCalendar } from './calendar/shared-calendar.ts'

async function startNode(name: string) {
  const endra = await createEndra({
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false },
    key: crypto.getRandomValues(new Uint8Array(32))
  })
  endra.registerType(calendarDate)
  endra.registerType(calendarAnswer)
  return { endra, profile: await endra.profiles.create({ name }) }
}

// The next entry that somebody adds or changes. Ask before what causes it.
function next<T>(entries: TypedMessages<T>, type: 'entry:added' | 'entry:edited'): Promise<TypedEntry<T>> {
  return new Promise((resolve) => {
    entries.addEventListener(type, ({ detail }) => resolve(detail.entry), { once: true })
  })
}

const alice = await startNode('Alice')
const bob = await startNode('Bob')
const chat = await alice.profile.chats.create({ title: 'Book club' })
const bobsChat = await bob.profile.chats.join(await chat.invite())

const arrived = next(bobsChat.ofType(calendarDate), 'entry:added')
const dates = chat.ofType(calendarDate)
const meeting = await dates.add({ title: 'Chapter 1', begins: new Date('2030-05-02T18:00Z') })
const received = await arrived
console.log(`Bob reads: ${(await bobsChat.get(received.id)).text}`)

const answered = next(chat.ofType(calendarAnswer), 'entry:added')
await answer(bobsChat, received, 'maybe')
await answered
const moved = next<CalendarDate>(bobsChat.ofType(calendarDate), 'entry:edited')
await meeting.edit({ ...meeting.value, begins: new Date('2030-05-01T18:00Z') })
console.log(`Bob reads: ${(await bobsChat.get((await moved).id)).text}`)
const changed = next(chat.ofType(calendarAnswer), 'entry:added')
await answer(bobsChat, received, 'yes')
await changed
await dates.add({ title: 'Dinner', begins: new Date('2030-04-01T19:30Z') })

const calendar = await readCalendar(chat)
for (const { title, begins, answers } of calendar) {
  const people = [...answers].map(([name, coming]) => `${name}: ${coming}`).join(', ')
  console.log(`${begins.toISOString().slice(0, 10)}  ${title}${people === '' ? '' : ` (${people})`}`)
}
assert.deepEqual(
  calendar.map(({ title, begins, answers }) => [title, begins.toISOString().slice(0, 10), [...answers]]),
  [
    ['Dinner', '2030-04-01', []],
    ['Chapter 1', '2030-05-01', [['Bob', 'yes']]]
  ]
)

await alice.endra.stop()
await bob.endra.stop()
