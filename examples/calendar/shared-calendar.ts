/**
 * A calendar that lives in a chat: dates, and who comes. Two types of messages and the few lines that put them together; encryption, storage,
 * devices and sync are endra's.
 */
import type { Chat, Message, MessageType } from 'endra'

/** A date in the calendar. */
export interface CalendarDate {
  readonly title: string
  readonly begins: Date
}

/** Whether somebody comes. */
export type Answer = 'yes' | 'no' | 'maybe'

/** Stands among the chat's messages; who has no calendar reads its text. */
export const calendarDate: MessageType<CalendarDate> = {
  mediaType: 'application/vnd.example.calendar-date+cbor',
  shown: true,
  encode: ({ title, begins }) => ({ title, begins: begins.toISOString() }),
  decode: (value) => {
    const { title, begins } = value as { title?: unknown; begins?: unknown }
    if (typeof title !== 'string' || typeof begins !== 'string') return undefined
    const date = new Date(begins)
    return Number.isNaN(date.getTime()) ? undefined : { title, begins: date }
  },
  text: ({ title, begins }) => `${title}, ${begins.toISOString().slice(0, 16).replace('T', ' ')}`
}

/** Is about a date, and shown with it only. */
export const calendarAnswer: MessageType<Answer> = {
  mediaType: 'application/vnd.example.calendar-answer+cbor',
  decode: (value) => (value === 'yes' || value === 'no' || value === 'maybe' ? value : undefined)
}

/** A date with the last answer of each who gave one, by name. */
export interface Appointment extends CalendarDate {
  readonly id: string
  readonly answers: ReadonlyMap<string, Answer>
}

/** The calendar of a chat, soonest date first. */
export async function readCalendar(chat: Chat): Promise<Appointment[]> {
  const names = new Map(chat.members().map(({ did, name }) => [did, name]))
  const appointments: Appointment[] = []
  for await (const { id, value } of chat.ofType(calendarDate).list()) {
    const answers = new Map<string, Answer>()
    for await (const { author, value: answer } of chat.ofType(calendarAnswer).list({ about: id })) {
      answers.set(names.get(author) ?? author, answer)
    }
    appointments.push({ id, ...value, answers })
  }
  return appointments.sort((a, b) => a.begins.getTime() - b.begins.getTime())
}

/** Say whether one comes. */
export async function answer(chat: Chat, date: Pick<Message, 'id'>, coming: Answer): Promise<void> {
  await chat.ofType(calendarAnswer).add(coming, { about: date.id })
}
