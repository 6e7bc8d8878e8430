import { type ReactNode, useState } from 'react'
import type { ChatView, MessageStatus, MessageView } from '../../src/app/view.ts'
import { call } from '../client/store.ts'
import { fullTimeOf, timeOf } from '../client/words.ts'
import { Avatar } from '../parts/bits.tsx'
import { Markdown } from '../parts/markdown.tsx'
import { Menu, type MenuEntry } from '../parts/menu.tsx'

/** What a message's menu can begin. */
export interface MessageActions {
  answer(message: MessageView): void
  edit(message: MessageView): void
  history(message: MessageView): void
  /** Do something that may fail, and show why. */
  run(work: () => Promise<unknown>): void
}

const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '🙏'] as const

export function Message({
  chat,
  message,
  together,
  actions
}: {
  chat: ChatView
  message: MessageView
  together: boolean
  actions: MessageActions
}): ReactNode {
  const { id, author, mine, sentAt, text, deleted, editedAt, replyTo, reactions } = message
  const [reacting, setReacting] = useState(false)
  const nameOf = (did: string): string => {
    const member = chat.members.find((held) => held.did === did)
    return member === undefined ? 'Somebody who left' : member.me ? 'You' : member.name
  }
  const me = chat.members.find((member) => member.me)?.did
  const at = { chat: chat.id, message: id }
  const react = (emoji: string): void => {
    const given = reactions.some((reaction) => reaction.emoji === emoji && reaction.authors.includes(me ?? ''))
    actions.run(async () => await call(given ? 'unreact' : 'react', { ...at, emoji }))
  }
  const entries: MenuEntry[] = deleted
    ? []
    : [
        { label: 'Answer', act: () => actions.answer(message) },
        { label: 'React', act: () => setReacting(true) },
        { label: 'Copy the text', act: () => actions.run(async () => await navigator.clipboard.writeText(text)) },
        ...(editedAt === undefined ? [] : [{ label: 'What it said before', act: () => actions.history(message) }]),
        ...(mine
          ? [
              { label: 'Edit', act: () => actions.edit(message) },
              {
                label: 'Delete for everyone',
                danger: true,
                act: () => actions.run(async () => await call('delete', at))
              }
            ]
          : []),
        { label: 'Delete for me', danger: true, act: () => actions.run(async () => await call('hide', at)) }
      ]

  return (
    <article
      className={`message ${mine ? 'mine' : 'theirs'} ${together ? 'together' : ''}`}
      aria-label={`${nameOf(author)}, ${timeOf(sentAt)}`}
    >
      {!mine && <span className="side">{!together && <Avatar name={nameOf(author)} id={author} size="small" />}</span>}
      <div className="bubble-row">
        <div className={deleted ? 'bubble deleted' : 'bubble'}>
          {!mine && !together && <p className="author">{nameOf(author)}</p>}
          {message.forwarded && <p className="forwarded">Forwarded</p>}
          {replyTo !== undefined && (
            <blockquote className="quote">
              {replyTo.author !== undefined && <b>{nameOf(replyTo.author)}</b>}
              <span>{replyTo.text ?? 'A message that is not here'}</span>
            </blockquote>
          )}
          {deleted ? (
            <p className="tombstone">
              Deleted{' '}
              {mine && (
                <button
                  type="button"
                  className="text-button"
                  onClick={() => actions.run(async () => await call('restore', at))}
                >
                  Undo
                </button>
              )}
            </p>
          ) : (
            <Markdown text={text} />
          )}
          <p className="meta">
            {editedAt !== undefined && !deleted && (
              <button type="button" className="text-button" onClick={() => actions.history(message)}>
                edited
              </button>
            )}
            <time dateTime={new Date(sentAt).toISOString()} title={fullTimeOf(sentAt)}>
              {timeOf(sentAt)}
            </time>
            {message.status !== undefined && !deleted && <Status status={message.status} />}
          </p>
        </div>
        {entries.length > 0 && (
          <div className="tools">
            <Menu label={`What to do with the message of ${nameOf(author)}, ${timeOf(sentAt)}`} entries={entries} />
          </div>
        )}
      </div>
      {reacting && (
        <fieldset className="emojis">
          <legend className="hidden">React with</legend>
          {QUICK.map((emoji) => (
            <button
              type="button"
              key={emoji}
              onClick={() => {
                react(emoji)
                setReacting(false)
              }}
            >
              {emoji}
            </button>
          ))}
          <button type="button" onClick={() => setReacting(false)} aria-label="No reaction">
            ✕
          </button>
        </fieldset>
      )}
      {reactions.length > 0 && !deleted && (
        <div className="reactions">
          {reactions.map(({ emoji, authors }) => (
            <button
              type="button"
              key={emoji}
              aria-pressed={authors.includes(me ?? '')}
              title={authors.map(nameOf).join(', ')}
              onClick={() => react(emoji)}
            >
              {emoji} {authors.length > 1 ? authors.length : ''}
              <span className="hidden"> from {authors.map(nameOf).join(', ')}</span>
            </button>
          ))}
        </div>
      )}
    </article>
  )
}

const STATUSES: Readonly<Record<MessageStatus, { mark: string; words: string }>> = {
  stored: { mark: '○', words: 'On this device' },
  delivered: { mark: '✓', words: 'Delivered' },
  read: { mark: '✓✓', words: 'Read' }
}

function Status({ status }: { status: MessageStatus }): ReactNode {
  const { mark, words } = STATUSES[status]
  return (
    <span title={words}>
      <span aria-hidden="true">{mark}</span>
      <span className="hidden">{words}</span>
    </span>
  )
}
