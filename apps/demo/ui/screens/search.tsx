import { type ReactNode, useEffect, useState } from 'react'
import type { AppMethods } from '../../src/app/methods.ts'
import type { ChatView } from '../../src/app/view.ts'
import type { ResultOf } from '../../src/server/methods.ts'
import { go } from '../client/route.ts'
import { call } from '../client/store.ts'
import { counted, shortTime } from '../client/words.ts'
import { Avatar, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'

/** After the last key, in milliseconds. */
const SEARCH_AFTER_MS = 200

/** Messages of all chats with the words that were typed. */
export function Found({
  text,
  chats,
  onDone
}: {
  text: string
  chats: readonly ChatView[]
  onDone(): void
}): ReactNode {
  const [found, setFound] = useState<{ text: string; hits: ResultOf<AppMethods['search']> }>()
  const { problem, run } = useBusy()
  useEffect(() => {
    let current = true
    const search = async (): Promise<void> => {
      const hits = await call('search', { text })
      if (current) setFound({ text, hits })
    }
    const timer = setTimeout(() => void run(search), SEARCH_AFTER_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [text, run])
  if (problem !== undefined) return <Problem>{problem}</Problem>
  if (found === undefined) return <Working>Searching…</Working>
  return (
    <>
      <p className="found" role="status">
        {found.hits.length === 0 ? `Nothing says “${found.text}”.` : counted(found.hits.length, 'message', 'messages')}
      </p>
      <ul className="chats">
        {found.hits.map((hit) => {
          const chat = chats.find(({ id }) => id === hit.chat)
          const author = chat?.members.find(({ did }) => did === hit.author)
          return (
            <li key={hit.id}>
              <button
                type="button"
                className="chat-row"
                onClick={() => {
                  onDone()
                  go({ name: 'chat', id: hit.chat })
                }}
              >
                <Avatar name={chat?.title ?? ''} id={hit.chat} />
                <span className="chat-title">{chat?.title}</span>
                <span className="chat-time">{shortTime(hit.sentAt, Date.now())}</span>
                <span className="chat-last">
                  {author === undefined ? '' : `${author.me ? 'You' : author.name}: `}
                  {hit.text}
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </>
  )
}
