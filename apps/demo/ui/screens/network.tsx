import { type ReactNode, useEffect, useState } from 'react'
import type { ConnectionView } from '../../src/app/view.ts'
import { back } from '../client/route.ts'
import { call, useStore } from '../client/store.ts'
import { counted, sizeOf, timeOf } from '../client/words.ts'
import { Icon, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'

const KINDS: Readonly<Record<ConnectionView['kind'], string>> = {
  'this computer': 'Another device on this computer',
  'local network': 'In your local network, directly',
  internet: 'Over the internet, directly',
  relay: 'Through a relay, which sees who and when, and never what'
}

export function Network(): ReactNode {
  const network = useStore((state) => state.app?.network)
  const chats = useStore((state) => state.app?.chats)
  const [bytes, setBytes] = useState<number>()
  const { problem, run } = useBusy()
  useEffect(() => void run(async () => setBytes(await call('storage', {}))), [run])
  if (network === undefined) return null
  const { connections, addresses, cut } = network
  const level = chats?.filter(({ sync }) => sync === 'level').length ?? 0
  return (
    <section className="page" aria-labelledby="network-title">
      <header className="bar">
        <button type="button" className="icon-button only-narrow" aria-label="Back to the chats" onClick={back}>
          <Icon name="back" />
        </button>
        <h2 id="network-title">Network</h2>
      </header>
      <div className="page-body">
        <p className="lead">
          {cut
            ? 'You have gone offline.'
            : connections.length === 0
              ? 'Connected to nobody just now.'
              : `Connected to ${counted(new Set(connections.map(({ peer }) => peer)).size, 'device', 'devices')}.`}
        </p>
        <p className="quiet">
          {connections.length === 0 && !cut
            ? 'Nobody of your chats is on at an address that this device knows. What you write is kept, and goes out when somebody comes.'
            : 'Devices of your chats find each other and exchange what the other lacks. Nobody in between can read it.'}
        </p>
        {problem !== undefined && <Problem>{problem}</Problem>}
        <ul className="list">
          {connections.map(({ peer, address, kind, since }) => (
            <li key={`${peer} ${address} ${since}`}>
              <Icon name="network" />
              <span className="grow">
                <b>{KINDS[kind]}</b>
                <span className="quiet mono">
                  …{peer.slice(-8)} · since {timeOf(since)}
                </span>
              </span>
            </li>
          ))}
        </ul>
        <dl className="facts">
          <dt>Chats up to date</dt>
          <dd>
            {level} of {chats?.length ?? 0}
          </dd>
          <dt>On this disk</dt>
          <dd>{bytes === undefined ? <Working>Counting…</Working> : sizeOf(bytes)}</dd>
          <dt>Reachable at</dt>
          <dd>
            {addresses.map((address) => (
              <code key={address}>{address.replace(/\/p2p\/.*$/, '')}</code>
            ))}
          </dd>
        </dl>
        <button
          type="button"
          className="button"
          onClick={() => void run(async () => await call('setCut', { cut: !cut }))}
        >
          {cut ? 'Go online again' : 'Go offline'}
        </button>
      </div>
    </section>
  )
}
