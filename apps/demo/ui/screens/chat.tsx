import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import type { ChatView, MessageView } from '../../src/app/view.ts'
import { back } from '../client/route.ts'
import { call, loadOlder, openThread, useStore } from '../client/store.ts'
import type { Thread } from '../client/thread.ts'
import { chatStatus, dayName, sameDay } from '../client/words.ts'
import { Avatar, Icon, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Confirm, Dialog } from '../parts/dialog.tsx'
import { Menu } from '../parts/menu.tsx'
import { Share } from '../parts/share.tsx'
import { Composer } from './composer.tsx'
import { History } from './history.tsx'
import { Members } from './members.tsx'
import { Message, type MessageActions } from './message.tsx'

/** The list counts from here downwards while older messages are put in front. */
const FIRST_INDEX = 1_000_000
/** Messages of one author within this time stand together. */
const TOGETHER_MS = 5 * 60_000

export function ChatScreen({ id }: { id: string }): ReactNode {
  const chat = useStore((state) => state.app?.chats.find((held) => held.id === id))
  const thread = useStore((state) => state.threads[id])
  const network = useStore((state) => state.app?.network)
  const status = useStore((state) => state.status)
  const [open, setOpen] = useState<'invite' | 'members' | 'leave'>()
  const [editing, setEditing] = useState<MessageView>()
  const [answering, setAnswering] = useState<MessageView>()
  const [history, setHistory] = useState<MessageView>()
  const { problem, run } = useBusy()
  const invite = useCallback(() => call('inviteToChat', { chat: id }), [id])

  useEffect(() => {
    if (status === 'open') void run(async () => await openThread(id))
  }, [id, status, run])

  if (chat === undefined || network === undefined) {
    return (
      <div className="empty">
        <p>This chat is not on this device, or no longer.</p>
        <button type="button" className="button" onClick={back}>
          Back to the chats
        </button>
      </div>
    )
  }
  const actions: MessageActions = {
    answer: (message) => {
      setEditing(undefined)
      setAnswering(message)
    },
    edit: (message) => {
      setAnswering(undefined)
      setEditing(message)
    },
    history: setHistory,
    run: (work) =>
      void run(async () => {
        await work()
      })
  }
  const lastOwn = thread?.messages.findLast(({ mine, deleted }) => mine && !deleted)
  return (
    <section className="chat" aria-labelledby="chat-title">
      <header className="bar">
        <button type="button" className="icon-button only-narrow" aria-label="Back to the chats" onClick={back}>
          <Icon name="back" />
        </button>
        <Avatar name={chat.title} id={chat.id} />
        <div className="grow">
          <h2 id="chat-title">{chat.title}</h2>
          <p className="status" role="status">
            {chatStatus(chat, network)}
          </p>
        </div>
        <button
          type="button"
          className="icon-button"
          aria-label="People in this chat"
          onClick={() => setOpen('members')}
        >
          <Icon name="people" />
        </button>
        <Menu
          label="More about this chat"
          entries={[
            { label: 'Invite somebody', act: () => setOpen('invite') },
            { label: 'People', act: () => setOpen('members') },
            {
              label: chat.pinned ? 'Unpin' : 'Pin to the top',
              act: () => actions.run(async () => await call('setChat', { chat: id, pinned: !chat.pinned }))
            },
            {
              label: chat.archived ? 'Bring back from the archive' : 'Archive',
              act: () => actions.run(async () => await call('setChat', { chat: id, archived: !chat.archived }))
            },
            { label: 'Leave the chat', danger: true, act: () => setOpen('leave') }
          ]}
        />
      </header>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {thread === undefined ? (
        <div className="empty">
          <Working>Opening the chat…</Working>
        </div>
      ) : thread.messages.length === 0 ? (
        <FirstWords chat={chat} onInvite={() => setOpen('invite')} />
      ) : (
        <Messages chat={chat} thread={thread} actions={actions} />
      )}
      <Composer
        chat={chat}
        editing={editing}
        answering={answering}
        onEditLast={() => lastOwn !== undefined && actions.edit(lastOwn)}
        onDone={() => {
          setEditing(undefined)
          setAnswering(undefined)
        }}
      />
      {open === 'invite' && (
        <Dialog
          title={`Invite to “${chat.title}”`}
          description="Good for one person, for a day. Keep this device on until they have joined."
          onClose={() => setOpen(undefined)}
        >
          <Share make={invite} label="QR code that invites to the chat" />
        </Dialog>
      )}
      {open === 'members' && (
        <Members chat={chat} onInvite={() => setOpen('invite')} onClose={() => setOpen(undefined)} />
      )}
      {open === 'leave' && (
        <Confirm
          title={`Leave “${chat.title}”?`}
          text="You leave on all your devices. To come back, somebody has to invite you."
          action="Leave the chat"
          onConfirm={() => void run(async () => await call('leaveChat', { chat: id }).then(back))}
          onClose={() => setOpen(undefined)}
        />
      )}
      {history !== undefined && <History chat={id} message={history} onClose={() => setHistory(undefined)} />}
    </section>
  )
}

function FirstWords({ chat, onInvite }: { chat: ChatView; onInvite(): void }): ReactNode {
  const alone = chat.members.length < 2
  return (
    <div className="empty">
      <p>{alone ? 'It’s only you so far.' : 'Nothing said yet.'}</p>
      <p className="quiet">{alone ? 'Invite somebody; what you write until then, they will not see.' : 'Say hello.'}</p>
      {alone && (
        <button type="button" className="button primary" onClick={onInvite}>
          Invite somebody
        </button>
      )}
    </div>
  )
}

function Messages({ chat, thread, actions }: { chat: ChatView; thread: Thread; actions: MessageActions }): ReactNode {
  const list = useRef<VirtuosoHandle>(null)
  const [below, setBelow] = useState(true)
  const first = FIRST_INDEX - thread.prepended
  const { messages } = thread
  const newest = messages.at(-1)

  // What is at the bottom of a page that somebody looks at has been read.
  useEffect(() => {
    const mark = (): void => {
      if (below && chat.unread > 0 && document.hasFocus())
        void call('markRead', { chat: chat.id }).catch(() => undefined)
    }
    mark()
    window.addEventListener('focus', mark)
    return () => window.removeEventListener('focus', mark)
  }, [below, chat.id, chat.unread])

  // One's own message is shown wherever one had scrolled to.
  const shown = useRef(newest?.id)
  useEffect(() => {
    if (newest?.mine === true && newest.id !== shown.current) {
      list.current?.scrollToIndex({ index: 'LAST', align: 'end' })
    }
    shown.current = newest?.id
  }, [newest])

  return (
    <div className="messages" role="log" aria-label="Messages">
      <Virtuoso
        ref={list}
        data={messages as MessageView[]}
        firstItemIndex={first}
        initialTopMostItemIndex={messages.length - 1}
        alignToBottom
        followOutput="auto"
        increaseViewportBy={400}
        atBottomThreshold={80}
        atBottomStateChange={setBelow}
        startReached={() => actions.run(async () => await loadOlder(chat.id))}
        computeItemKey={(_, { id }) => id}
        components={{ Footer: ListEnd }}
        itemContent={(index, message) => {
          const before = messages[index - first - 1]
          const newDay = before === undefined ? !thread.more : !sameDay(before.sentAt, message.sentAt)
          const together =
            before !== undefined &&
            !newDay &&
            before.author === message.author &&
            Math.abs(message.sentAt - before.sentAt) < TOGETHER_MS
          return (
            <>
              {newDay && <p className="day">{dayName(message.sentAt, Date.now())}</p>}
              <Message chat={chat} message={message} together={together} actions={actions} />
            </>
          )
        }}
      />
      {!below && (
        <button
          type="button"
          className="to-end"
          onClick={() => list.current?.scrollToIndex({ index: 'LAST', align: 'end', behavior: 'smooth' })}
        >
          {chat.unread > 0 ? `${chat.unread} new` : 'Newest'} ↓
        </button>
      )}
    </div>
  )
}

function ListEnd(): ReactNode {
  return <div className="list-end" />
}
