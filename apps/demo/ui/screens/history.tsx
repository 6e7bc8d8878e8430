import { type ReactNode, useEffect, useState } from 'react'
import type { MessageView, VersionView } from '../../src/app/view.ts'
import { call } from '../client/store.ts'
import { fullTimeOf } from '../client/words.ts'
import { Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Markdown } from '../parts/markdown.tsx'

const KINDS: Readonly<Record<VersionView['kind'], string>> = {
  original: 'Written',
  update: 'Changed',
  delete: 'Deleted',
  restore: 'Brought back'
}

/** What a message has said, newest first. */
export function History({
  chat,
  message,
  onClose
}: {
  chat: string
  message: MessageView
  onClose(): void
}): ReactNode {
  const [versions, setVersions] = useState<VersionView[]>()
  const { problem, run } = useBusy()
  useEffect(() => {
    void run(async () => setVersions((await call('versions', { chat, message: message.id })).reverse()))
  }, [chat, message.id, run])
  return (
    <Dialog title="What it said" onClose={onClose}>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {versions === undefined && problem === undefined && <Working>Looking it up…</Working>}
      <ol className="versions">
        {versions?.map(({ kind, time, text }) => (
          <li key={`${kind} ${time} ${text}`}>
            <p className="quiet">
              {KINDS[kind]}, {fullTimeOf(time)}
            </p>
            {text !== '' && <Markdown text={text} />}
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
