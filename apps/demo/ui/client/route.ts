import { useSyncExternalStore } from 'react'

/** Which part of the messenger is shown. On wide pages the list of chats stands beside it. */
export type Route =
  | { readonly name: 'chats' }
  | { readonly name: 'chat'; readonly id: string }
  | { readonly name: 'devices' }
  | { readonly name: 'network' }

/** In `history.state`, not in the address: ids of chats are nobody's business. */
export function go(route: Route): void {
  history.pushState(route, '')
  tell()
}

export function back(): void {
  history.replaceState({ name: 'chats' }, '')
  tell()
}

const listeners = new Set<() => void>()
const tell = (): void => {
  for (const listener of listeners) listener()
}
window.addEventListener('popstate', tell)

const CHATS: Route = { name: 'chats' }

export function useRoute(): Route {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => (history.state as Route | null) ?? CHATS
  )
}
