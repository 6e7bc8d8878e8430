import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ChatView, MessageView } from '../../src/app/view.ts'
import { call } from '../client/store.ts'
import { Icon, Problem } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'

/** What was begun in each chat, while the page is open. */
const drafts = new Map<string, string>()
/** How long after the last key a draft is kept for one's other devices, in milliseconds. */
const KEEP_DRAFT_MS = 800

export function Composer({
  chat,
  editing,
  answering,
  onEditLast,
  onDone
}: {
  chat: ChatView
  editing: MessageView | undefined
  answering: MessageView | undefined
  onEditLast(): void
  onDone(): void
}): ReactNode {
  const [text, setText] = useState(() => drafts.get(chat.id) ?? chat.draft ?? '')
  const field = useRef<HTMLTextAreaElement>(null)
  const { busy, problem, run } = useBusy()

  useEffect(() => {
    if (editing !== undefined || text === (drafts.get(chat.id) ?? chat.draft ?? '')) return
    drafts.set(chat.id, text)
    // A draft that could not be kept now is kept at the next key, or sent.
    const keep = (): void => void call('setDraft', { chat: chat.id, text }).catch(() => undefined)
    const timer = setTimeout(keep, KEEP_DRAFT_MS)
    return () => clearTimeout(timer)
  }, [chat.id, chat.draft, editing, text])
  useEffect(() => {
    if (editing !== undefined) setText(editing.text)
    if (editing !== undefined || answering !== undefined) field.current?.focus()
  }, [editing, answering])
  useLayoutEffect(() => {
    const { current } = field
    if (current === null) return
    current.style.height = 'auto'
    current.style.height = `${current.scrollHeight}px`
  }, [text])

  const leave = (): void => {
    if (editing !== undefined) setText(drafts.get(chat.id) ?? '')
    onDone()
  }
  const send = (): void => {
    const said = text.trim()
    if (said === '' || busy) return
    void run(async () => {
      // The field is free at once: sending is storing, and takes no longer than that.
      setText('')
      try {
        if (editing === undefined) await call('send', { chat: chat.id, text: said, replyTo: answering?.id })
        else await call('edit', { chat: chat.id, message: editing.id, text: said })
        onDone()
      } catch (error) {
        setText((now) => (now === '' ? said : now))
        throw error
      }
    })
    field.current?.focus()
  }

  if (chat.removed) {
    return <p className="composer closed">You can read what was written while you were in this chat.</p>
  }
  const about = editing ?? answering
  return (
    <div className="composer">
      {problem !== undefined && <Problem>{problem}</Problem>}
      {about !== undefined && (
        <div className="about">
          <span className="grow">
            <b>{editing === undefined ? 'Answer' : 'Edit'}</b>
            <span>{about.text}</span>
          </span>
          <button type="button" className="icon-button" aria-label="Not now" onClick={leave}>
            <Icon name="close" />
          </button>
        </div>
      )}
      <div className="row">
        <textarea
          ref={field}
          rows={1}
          aria-label="Message"
          placeholder="Write a message"
          value={text}
          maxLength={60_000}
          onChange={({ target }) => {
            setText(target.value)
            if (chat.members.length > 1)
              void call('typing', { chat: chat.id, on: target.value !== '' }).catch(() => undefined)
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault()
              send()
            } else if (event.key === 'Escape') leave()
            else if (event.key === 'ArrowUp' && text === '') {
              event.preventDefault()
              onEditLast()
            }
          }}
        />
        <button
          type="button"
          className="send"
          aria-label={editing === undefined ? 'Send' : 'Save'}
          disabled={text.trim() === ''}
          onClick={send}
        >
          <Icon name={editing === undefined ? 'send' : 'check'} />
        </button>
      </div>
    </div>
  )
}
