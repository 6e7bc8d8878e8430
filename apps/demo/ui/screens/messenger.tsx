/* The messenger itself: the list of chats, and beside it, or in its place where there is no room, what was chosen. */
import { type ReactNode, useEffect } from 'react'
import { useRoute } from '../client/route.ts'
import { useStore } from '../client/store.ts'
import { ChatScreen } from './chat.tsx'
import { ChatList } from './chat-list.tsx'
import { Devices } from './devices.tsx'
import { LinkQuestion } from './link-question.tsx'
import { Network } from './network.tsx'

export function Messenger(): ReactNode {
  const route = useRoute()
  const unread = useStore((state) => state.app?.chats.reduce((sum, chat) => sum + chat.unread, 0) ?? 0)
  const status = useStore((state) => state.status)
  const cut = useStore((state) => state.app?.network.cut ?? false)
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Endra` : 'Endra'
  }, [unread])
  return (
    <main className="messenger" data-route={route.name}>
      <h1 className="hidden">Endra</h1>
      <ChatList />
      <LinkQuestion />
      <div className="main">
        {status === 'lost' && (
          <p className="banner" role="status">
            This page has lost its device. Trying again…
          </p>
        )}
        {cut && (
          <p className="banner" role="status">
            Offline. You can read and write; everything goes out when you are back.
          </p>
        )}
        {route.name === 'chat' && <ChatScreen key={route.id} id={route.id} />}
        {route.name === 'devices' && <Devices />}
        {route.name === 'network' && <Network />}
        {route.name === 'chats' && <Nothing />}
      </div>
    </main>
  )
}

function Nothing(): ReactNode {
  return (
    <div className="empty">
      <img src="/icon.svg" alt="" width="56" height="56" />
      <p>Choose a chat, or begin one.</p>
      <p className="quiet">Messages go from device to device, sealed for the people in the chat. There is no server.</p>
    </div>
  )
}
