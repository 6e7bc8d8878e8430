/*
 * What the page knows, and how to ask for more: one store, changed by the device's events only. Components read it with `useStore`.
 */
import { useSyncExternalStore } from 'react'
import type { AppMethods } from '../../src/app/methods.ts'
import type { AppEvent, AppState, ChatView } from '../../src/app/view.ts'
import type { ArgumentOf, ResultOf } from '../../src/server/methods.ts'
import { Connection, type ConnectionStatus } from './connection.ts'
import { newThread, type Thread, withMessage, withOlder, withoutMessage, withStatuses } from './thread.ts'

export interface PageState {
  readonly status: ConnectionStatus
  /** Undefined until the device has told it. */
  readonly app: AppState | undefined
  readonly threads: Readonly<Record<string, Thread>>
}

let state: PageState = { status: 'connecting', app: undefined, threads: {} }
const listeners = new Set<() => void>()

function set(change: Partial<PageState>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

const connection = new Connection<AppState, AppEvent>({
  onStatus: (status) => set({ status }),
  onSnapshot: (app) => {
    const open = Object.keys(state.threads)
    set({ app, threads: {} })
    for (const chat of open) if (app.chats.some(({ id }) => id === chat)) void openThread(chat)
  },
  onEvent: (event) => {
    if ('chat' in event && typeof event.chat === 'string') opening.get(event.chat)?.push(event)
    if (state.app !== undefined) set(apply(state, state.app, event))
  }
})

/** What came while the newest messages of a chat are under way: they may have been read before it, and be here after it. */
const opening = new Map<string, AppEvent[]>()

export const start = (): Promise<void> => connection.start()
export const retry = (): void => connection.retry()

/** Ask the device for something. @throws {CallError} with the device's error */
export async function call<N extends keyof AppMethods>(
  method: N,
  argument: ArgumentOf<AppMethods[N]>
): Promise<ResultOf<AppMethods[N]>> {
  return (await connection.call(method, argument)) as ResultOf<AppMethods[N]>
}

/** Get the newest messages of a chat, unless they are here. */
export async function openThread(chat: string): Promise<void> {
  if (state.threads[chat] !== undefined || opening.has(chat)) return
  const early: AppEvent[] = []
  opening.set(chat, early)
  try {
    const page = await call('messages', { chat })
    set({ threads: { ...state.threads, [chat]: newThread(page) } })
    for (const event of early) if (state.app !== undefined) set(apply(state, state.app, event))
  } finally {
    opening.delete(chat)
  }
}

/** Get messages before the oldest that is here. */
export async function loadOlder(chat: string): Promise<void> {
  const thread = state.threads[chat]
  const before = thread?.messages[0]?.id
  if (thread?.more !== true || before === undefined) return
  const page = await call('messages', { chat, before })
  const now = state.threads[chat]
  if (now !== undefined) set({ threads: { ...state.threads, [chat]: withOlder(now, page) } })
}

export function useStore<T>(select: (state: PageState) => T): T {
  return useSyncExternalStore(subscribe, () => select(state))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function apply({ threads }: PageState, app: AppState, event: AppEvent): Partial<PageState> {
  const change = (chat: string, work: (thread: Thread) => Thread): Partial<PageState> => {
    const thread = threads[chat]
    return thread === undefined ? {} : { threads: { ...threads, [chat]: work(thread) } }
  }
  switch (event.type) {
    case 'device':
      return { app: { ...app, device: event.device } }
    case 'network':
      return { app: { ...app, network: event.network } }
    case 'chat':
      return { app: { ...app, chats: withChat(app.chats, event.chat) } }
    case 'chat:gone': {
      const { [event.id]: _, ...rest } = threads
      return { app: { ...app, chats: app.chats.filter(({ id }) => id !== event.id) }, threads: rest }
    }
    case 'message':
      return change(event.chat, (thread) => withMessage(thread, event.message, event.previous))
    case 'receipts':
      return change(event.chat, (thread) => withStatuses(thread, event.statuses))
    case 'message:gone':
      return change(event.chat, (thread) => withoutMessage(thread, event.id))
  }
}

function withChat(chats: readonly ChatView[], chat: ChatView): readonly ChatView[] {
  const at = chats.findIndex(({ id }) => id === chat.id)
  return at < 0 ? [...chats, chat] : chats.with(at, chat)
}
