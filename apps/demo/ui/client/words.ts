/* What the page says about times, sizes, states and errors. */
import type { ChatView, NetworkView } from '../../src/app/view.ts'

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' })
const DAY_MS = 86_400_000

const dayOf = (at: number): string => new Date(at).toDateString()
export const sameDay = (a: number, b: number): boolean => dayOf(a) === dayOf(b)
export const timeOf = (at: number): string => time.format(at)
export const fullTimeOf = (at: number): string => full.format(at)

export function dayName(at: number, now: number): string {
  if (sameDay(at, now)) return 'Today'
  if (sameDay(at, now - DAY_MS)) return 'Yesterday'
  return longDate.format(at)
}

/** As short as a list of chats needs it. */
export function shortTime(at: number, now: number): string {
  if (sameDay(at, now)) return time.format(at)
  return Math.abs(now - at) < 6 * DAY_MS ? weekday.format(at) : date.format(at)
}

export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const units = ['KB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length)
  const value = bytes / 1024 ** power
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`
}

export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** A code as people compare it. */
export const codeOf = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`

/** How a chat stands, in a few words under its title. */
export function chatStatus(chat: ChatView, network: NetworkView): string {
  const others = chat.members.filter(({ me }) => !me)
  if (chat.removed) return 'You are no longer in this chat'
  if (network.cut) return 'Offline: what you write is kept, and goes out later'
  if (others.length === 0) return 'Only you so far'
  const who = counted(chat.members.length, 'person', 'people')
  const typing = others.filter(({ did }) => chat.typing.includes(did)).map(({ name }) => name)
  if (typing.length > 0) return `${typing.join(', ')} ${typing.length === 1 ? 'is' : 'are'} writing…`
  if (chat.sync === 'syncing') return `${who} · Catching up…`
  if (chat.sync === 'alone') return `${who} · Nobody reachable just now`
  return `${who} · Up to date`
}

const SENTENCES: Readonly<Record<string, string>> = {
  WrongPassphraseError: 'That is not the passphrase of this device.',
  StoreLockedError: 'This device is already running in another program on this computer.',
  AccessDeniedError: 'Only an admin of the chat can do that.',
  NotMemberError: 'You are no longer in this chat.',
  ChangeDeniedError: 'Only whoever wrote a message can change it.',
  DiskFullError: 'The disk of this computer is full, so nothing more can be kept.',
  DeadlineError: 'Nobody who could answer was reached. Their device has to be on and connected; then try again.'
}

/** An error for people. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return SENTENCES[error.name] ?? error.message
}
