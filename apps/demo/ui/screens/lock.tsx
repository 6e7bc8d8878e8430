/* The locked device: a passphrase is chosen once, and asked for after each start. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { call } from '../client/store.ts'
import { Card, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'

const SHORTEST = 8

export function Lock({ state }: { state: 'new' | 'locked' | 'unlocking' }): ReactNode {
  const [fresh, setFresh] = useState(state === 'new')
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const { busy, problem, run } = useBusy()
  if (state === 'new' && !fresh) setFresh(true)
  const working = busy || state === 'unlocking'
  const short = fresh && passphrase.length < SHORTEST
  const differs = fresh && again !== passphrase

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (passphrase === '' || short || differs) return
    void run(async () => {
      try {
        await call('unlock', { passphrase })
      } finally {
        setPassphrase('')
        setAgain('')
      }
    })
  }

  return (
    <Card title={fresh ? 'Protect this device' : 'Locked'}>
      <p>
        {fresh
          ? 'Choose a passphrase. Your keys and messages are kept on this computer only, and it locks them.'
          : 'Enter your passphrase to open your chats.'}
      </p>
      <form onSubmit={submit}>
        <label className="field">
          <span>Passphrase</span>
          <input
            type="password"
            autoComplete={fresh ? 'new-password' : 'current-password'}
            value={passphrase}
            onChange={({ target }) => setPassphrase(target.value)}
            aria-describedby={fresh ? 'passphrase-hint' : undefined}
            disabled={working}
            // biome-ignore lint/a11y/noAutofocus: the one field of the page
            autoFocus
          />
        </label>
        {fresh && (
          <>
            <label className="field">
              <span>The same again</span>
              <input
                type="password"
                autoComplete="new-password"
                value={again}
                onChange={({ target }) => setAgain(target.value)}
                disabled={working}
              />
            </label>
            <p className="quiet" id="passphrase-hint">
              {again !== '' && differs
                ? 'The two differ.'
                : `At least ${SHORTEST} characters; four or five random words are good. Nobody can reset it for you.`}
            </p>
          </>
        )}
        {problem !== undefined && <Problem>{problem}</Problem>}
        <button
          type="submit"
          className="button primary wide"
          disabled={working || passphrase === '' || short || differs}
        >
          {fresh ? 'Continue' : 'Unlock'}
        </button>
        {working && <Working>{fresh ? 'Preparing this device…' : 'Unlocking…'}</Working>}
      </form>
    </Card>
  )
}
