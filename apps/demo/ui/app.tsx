/* Which screen is shown: it follows from where the connection and the device stand. */
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { retry, useStore } from './client/store.ts'
import { Card, Working } from './parts/bits.tsx'
import { Lock } from './screens/lock.tsx'
import { Welcome } from './screens/welcome.tsx'

const load = () => import('./screens/messenger.tsx')
const Messenger = lazy(async () => ({ default: (await load()).Messenger }))

export function App(): ReactNode {
  const status = useStore((state) => state.status)
  const device = useStore((state) => state.app?.device)
  // While somebody types a passphrase, the rest of the page can come.
  useEffect(() => void load(), [])
  if (status === 'refused') return <NeedsLink />
  if (device === undefined) return status === 'lost' ? <Unreachable /> : <Waiting>Connecting to your device…</Waiting>
  switch (device.state) {
    case 'new':
    case 'locked':
    case 'unlocking':
      return <Lock state={device.state} />
    case 'welcome':
    case 'linking':
      return <Welcome device={device} />
    case 'removed':
      return <Removed />
    case 'ready':
      return (
        <Suspense fallback={<Waiting>Opening your chats…</Waiting>}>
          <Messenger />
        </Suspense>
      )
  }
}

function Waiting({ children }: { children: ReactNode }): ReactNode {
  return (
    <main className="centred">
      <Working>{children}</Working>
    </main>
  )
}

function NeedsLink(): ReactNode {
  return (
    <Card title="This page needs a link">
      <p>
        So that no other page or program can read your messages, it opens only by the link that your device printed in
        its terminal. Each link works once.
      </p>
      <p className="quiet">Start the device again, or use the newest link it shows.</p>
    </Card>
  )
}

function Unreachable(): ReactNode {
  return (
    <Card title="Your device isn’t running">
      <p>
        This page is only a window; your messages are with the program that printed its link. It seems to have ended.
      </p>
      <Working>Trying again every few seconds…</Working>
      <button type="button" className="button" onClick={retry}>
        Try now
      </button>
    </Card>
  )
}

function Removed(): ReactNode {
  return (
    <Card title="This device was removed">
      <p>
        Another device of the profile took this one out. It gets no new messages any more; what it had received before
        is still on its disk.
      </p>
    </Card>
  )
}
