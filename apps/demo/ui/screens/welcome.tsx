/* The first minute: somebody is new, or has the messenger on another device already. */
import { type FormEvent, type ReactNode, useState } from 'react'
import type { DeviceView } from '../../src/app/view.ts'
import { call } from '../client/store.ts'
import { codeOf } from '../client/words.ts'
import { Card, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { InvitationField } from '../parts/invitation-field.tsx'

/** A name that tells this device from others, to begin with. */
function deviceGuess(): string {
  const agent = navigator.userAgent
  const kinds = [
    ['iPhone', 'iPhone'],
    ['Android', 'Android phone'],
    ['Mac', 'Mac'],
    ['Windows', 'Windows computer'],
    ['Linux', 'Linux computer']
  ] as const
  return kinds.find(([mark]) => agent.includes(mark))?.[1] ?? 'Computer'
}

export function Welcome({ device }: { device: DeviceView }): ReactNode {
  const [way, setWay] = useState<'new' | 'link'>('new')
  const [name, setName] = useState('')
  const [deviceName, setDeviceName] = useState(deviceGuess)
  const [invitation, setInvitation] = useState('')
  const { busy, problem, run } = useBusy()
  const linking = device.state === 'linking'
  const ready = deviceName.trim() !== '' && (way === 'new' ? name.trim() !== '' : invitation.trim() !== '')

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    void run(async () => {
      if (way === 'new') await call('createProfile', { name, deviceName })
      else await call('link', { invitation, deviceName })
    })
  }

  return (
    <Card title="Welcome">
      <fieldset className="choice">
        <legend className="hidden">How do you begin?</legend>
        <label>
          <input type="radio" name="way" checked={way === 'new'} onChange={() => setWay('new')} disabled={linking} />
          <span>I’m new here</span>
        </label>
        <label>
          <input type="radio" name="way" checked={way === 'link'} onChange={() => setWay('link')} disabled={linking} />
          <span>I use it on another device</span>
        </label>
      </fieldset>
      <form onSubmit={submit}>
        {way === 'new' ? (
          <label className="field">
            <span>Your name, as others see it</span>
            <input value={name} maxLength={64} autoComplete="name" onChange={({ target }) => setName(target.value)} />
          </label>
        ) : (
          <>
            <p className="quiet">
              On the other device open <b>Devices</b>, choose <b>Add a device</b>, and bring the code it shows here.
            </p>
            <InvitationField label="Code from the other device" value={invitation} onChange={setInvitation} />
          </>
        )}
        <label className="field">
          <span>Name of this device</span>
          <input value={deviceName} maxLength={64} onChange={({ target }) => setDeviceName(target.value)} />
        </label>
        {problem !== undefined && <Problem>{problem}</Problem>}
        <button type="submit" className="button primary wide" disabled={busy || linking || !ready}>
          {way === 'new' ? 'Begin' : 'Link this device'}
        </button>
        {device.linking?.code !== undefined && device.linking.step === 'joining' && (
          <div role="status">
            <p className="code">{codeOf(device.linking.code)}</p>
            <p className="quiet">Your other device asks whether this one shows these digits. Answer there.</p>
          </div>
        )}
        {linking ? <Working>{linkWords(device.linking)}</Working> : busy && <Working>Making your profile…</Working>}
      </form>
    </Card>
  )
}

function linkWords(linking: DeviceView['linking']): string {
  const { step = 'joining', received = 0, expected = 0 } = linking ?? {}
  const much = expected > 0 ? ` (${received} of ${expected})` : ''
  if (step === 'joining')
    return linking?.code === undefined ? 'Reaching the other device…' : 'Waiting for your answer there…'
  return step === 'vault' ? `Fetching your profile${much}…` : `Fetching your chats${much}…`
}
