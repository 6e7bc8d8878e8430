import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { back } from '../client/route.ts'
import { call, useStore } from '../client/store.ts'
import { Icon, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Confirm, Dialog } from '../parts/dialog.tsx'
import { Share } from '../parts/share.tsx'

export function Devices(): ReactNode {
  const devices = useStore((state) => state.app?.device.devices)
  const asking = useStore((state) => state.app?.device.asking)
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<{ did: string; name: string }>()
  const { busy, problem, run } = useBusy()
  // The code has done its work: what is asked now stands alone.
  useEffect(() => {
    if (asking !== undefined) setAdding(false)
  }, [asking])
  const invite = useCallback(() => call('inviteDevice', {}), [])
  return (
    <section className="page" aria-labelledby="devices-title">
      <header className="bar">
        <button type="button" className="icon-button only-narrow" aria-label="Back to the chats" onClick={back}>
          <Icon name="back" />
        </button>
        <h2 id="devices-title">Your devices</h2>
      </header>
      <div className="page-body">
        <p className="quiet">Each of them has your chats and can write as you. Remove one that is lost or sold.</p>
        {problem !== undefined && <Problem>{problem}</Problem>}
        <ul className="list">
          {devices?.map(({ did, name, current }) => (
            <li key={did}>
              <Icon name="devices" />
              <span className="grow">
                <b>{name}</b>
                <span className="quiet">{current ? 'This device' : `…${did.slice(-8)}`}</span>
              </span>
              {!current && (
                <button type="button" className="button small danger" onClick={() => setRemoving({ did, name })}>
                  Remove<span className="hidden"> {name}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
        {busy && <Working>Removing the device…</Working>}
        <button type="button" className="button primary" onClick={() => setAdding(true)}>
          <Icon name="add" /> Add a device
        </button>
      </div>
      {adding && (
        <Dialog
          title="Add a device"
          description="Open Endra on the new device, choose “I use it on another device”, and bring it this code within ten minutes. Then both show six digits for you to compare."
          onClose={() => setAdding(false)}
        >
          <Share make={invite} label="QR code that links a device" />
        </Dialog>
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.name}?`}
          text="It keeps what it has, and reads nothing that is written from now on."
          action="Remove the device"
          onConfirm={() =>
            void run(async () => await call('removeDevice', { device: removing.did as `did:walytis:${string}` }))
          }
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  )
}
