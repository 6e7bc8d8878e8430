import { type FormEvent, type ReactNode, useState } from 'react'
import type { ChatView } from '../../src/app/view.ts'
import { go, useRoute } from '../client/route.ts'
import { call, useStore } from '../client/store.ts'
import { counted, shortTime } from '../client/words.ts'
import { Avatar, Icon, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Dialog } from '../parts/dialog.tsx'
import { InvitationField } from '../parts/invitation-field.tsx'
import { Found } from './search.tsx'

export function ChatList(): ReactNode {
  const chats = useStore((state) => state.app?.chats ?? NONE)
  const profile = useStore((state) => state.app?.device.profile)
  const [adding, setAdding] = useState(false)
  const [sought, setSought] = useState('')
  const { problem, run } = useBusy()
  const [archive, setArchive] = useState(false)
  const ordered = [...chats].sort(
    (a, b) => Number(b.pinned) - Number(a.pinned) || (b.last?.sentAt ?? 0) - (a.last?.sentAt ?? 0)
  )
  const archived = chats.filter((chat) => chat.archived).length
  const shown = ordered.filter((chat) => chat.archived === (archive && archived > 0))
  return (
    <nav className="sidebar" aria-label="Chats">
      <header className="bar">
        <Avatar name={profile?.name ?? ''} id={profile?.did ?? ''} />
        <h2 className="me">{profile?.name}</h2>
        <button type="button" className="icon-button" aria-label="New chat" onClick={() => setAdding(true)}>
          <Icon name="add" />
        </button>
      </header>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {chats.length > 0 && (
        <input
          type="search"
          className="search"
          aria-label="Search messages"
          placeholder="Search"
          maxLength={256}
          value={sought}
          onChange={({ target }) => setSought(target.value)}
        />
      )}
      {sought.trim() !== '' ? (
        <Found text={sought.trim()} chats={chats} onDone={() => setSought('')} />
      ) : chats.length === 0 ? (
        <div className="empty">
          <p>No chats yet.</p>
          <p className="quiet">Begin one and invite somebody, or join with an invitation that you got.</p>
          <button type="button" className="button primary" onClick={() => setAdding(true)}>
            New chat
          </button>
        </div>
      ) : (
        <ul className="chats">
          {shown.map((chat) => (
            <Row key={chat.id} chat={chat} />
          ))}
          {archived > 0 && (
            <li>
              <button type="button" className="archive" onClick={() => setArchive(!archive)}>
                {archive ? 'Back from the archive' : `Archive (${archived})`}
              </button>
            </li>
          )}
        </ul>
      )}
      <footer className="foot">
        <button type="button" onClick={() => go({ name: 'devices' })}>
          <Icon name="devices" /> Devices
        </button>
        <button type="button" onClick={() => go({ name: 'network' })}>
          <Icon name="network" /> Network
        </button>
        <button type="button" onClick={() => void run(async () => await call('lock', {}))}>
          <Icon name="lock" /> Lock
        </button>
      </footer>
      {adding && <NewChat onClose={() => setAdding(false)} />}
    </nav>
  )
}

const NONE: readonly ChatView[] = []

function Row({ chat }: { chat: ChatView }): ReactNode {
  const route = useRoute()
  const current = route.name === 'chat' && route.id === chat.id
  const { title, last, unread } = chat
  const author = chat.members.find(({ did }) => did === last?.author)
  const who = author === undefined ? '' : `${author.me ? 'You' : author.name}: `
  return (
    <li>
      <button
        type="button"
        className="chat-row"
        aria-current={current ? 'page' : undefined}
        onClick={() => go({ name: 'chat', id: chat.id })}
      >
        <Avatar name={title} id={chat.id} />
        <span className="chat-title">{title}</span>
        <span className="chat-time">{last === undefined ? '' : shortTime(last.sentAt, Date.now())}</span>
        <span className="chat-last">{lineOf(chat, who)}</span>
        {unread > 0 && (
          <span className="badge">
            {unread}
            <span className="hidden"> {counted(unread, 'unread message', 'unread messages')}</span>
          </span>
        )}
      </button>
    </li>
  )
}

function lineOf({ last, draft, members, typing }: ChatView, who: string): string {
  const writing = members.find(({ did }) => typing.includes(did))
  if (writing !== undefined) return `${writing.name} is writing…`
  if (draft !== undefined) return `Draft: ${draft}`
  return last === undefined ? 'Nothing said yet' : `${who}${last.text}`
}

function NewChat({ onClose }: { onClose(): void }): ReactNode {
  const [way, setWay] = useState<'begin' | 'join'>('begin')
  const [title, setTitle] = useState('')
  const [invitation, setInvitation] = useState('')
  const { busy, problem, run } = useBusy()
  const ready = way === 'begin' ? title.trim() !== '' : invitation.trim() !== ''
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    void run(async () => {
      const id = way === 'begin' ? await call('createChat', { title }) : await call('joinChat', { invitation })
      onClose()
      go({ name: 'chat', id })
    })
  }
  return (
    <Dialog title="New chat" onClose={onClose}>
      <fieldset className="choice">
        <legend className="hidden">How?</legend>
        <label>
          <input type="radio" name="way" checked={way === 'begin'} onChange={() => setWay('begin')} />
          <span>Begin one</span>
        </label>
        <label>
          <input type="radio" name="way" checked={way === 'join'} onChange={() => setWay('join')} />
          <span>Join with an invitation</span>
        </label>
      </fieldset>
      <form onSubmit={submit}>
        {way === 'begin' ? (
          <label className="field">
            <span>What is it about?</span>
            <input
              value={title}
              maxLength={64}
              placeholder="Picnic on Sunday"
              onChange={({ target }) => setTitle(target.value)}
            />
          </label>
        ) : (
          <InvitationField label="Invitation" value={invitation} onChange={setInvitation} />
        )}
        {problem !== undefined && <Problem>{problem}</Problem>}
        <button type="submit" className="button primary wide" disabled={busy || !ready}>
          {way === 'begin' ? 'Begin the chat' : 'Join the chat'}
        </button>
        {busy && <Working>{way === 'begin' ? 'Making the chat…' : 'Reaching somebody in the chat…'}</Working>}
      </form>
    </Dialog>
  )
}
