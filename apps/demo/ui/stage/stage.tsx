/* Three devices side by side, each pane the page of its own process; what can be done to them; and what they make together. */
import { type ReactNode, useEffect, useState } from 'react'
import type { StageDevice } from '../../src/stage-page/view.ts'
import { Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Graph } from './graph.tsx'
import { call, useStage } from './store.ts'

export function Stage(): ReactNode {
  const { status, stage } = useStage()
  if (status === 'refused')
    return <Alone>This page opens by the link that the demo printed. Each link works once.</Alone>
  if (stage === undefined)
    return <Alone>{status === 'lost' ? 'The demo has ended.' : <Working>Connecting…</Working>}</Alone>
  if (stage.preparing !== undefined) {
    return (
      <Alone>
        <Working>{stage.preparing}…</Working>
      </Alone>
    )
  }
  return (
    <main className="stage">
      <header>
        <h1>Three devices, no server</h1>
        <p>
          Write in any of them. Take one off the network, write on both sides, and bring it back: the branches that form
          below merge.
        </p>
        {status === 'lost' && <Problem>The demo has ended; this page shows how it was.</Problem>}
      </header>
      <div className="panes">
        {stage.devices.map((device) => (
          <Pane key={device.role} device={device} />
        ))}
      </div>
      <Graph blocks={stage.blocks} />
    </main>
  )
}

function Alone({ children }: { children: ReactNode }): ReactNode {
  return (
    <main className="centred">
      <section className="card">
        <img className="mark" src="/icon.svg" alt="" width="44" height="44" />
        <h1>Three devices, no server</h1>
        <div>{children}</div>
      </section>
    </main>
  )
}

function Pane({ device }: { device: StageDevice }): ReactNode {
  const { role, name, state, cut } = device
  const [link, setLink] = useState<string>()
  const { busy, problem, run } = useBusy()
  const running = state === 'running'
  // Each start of a device gives out links of its own.
  useEffect(() => {
    if (running) void run(async () => setLink(await call('link', { role })))
    else setLink(undefined)
  }, [running, role, run])
  const words = { running: cut ? 'Cut off' : 'Running', starting: 'Starting…', killed: 'Killed' }[state]
  return (
    <section className="pane" aria-label={name}>
      <header>
        <h2>{name}</h2>
        <span className="lamp" data-state={cut && running ? 'cut' : state} role="status">
          {words}
        </span>
        <button
          type="button"
          className="button small"
          disabled={!running || busy}
          onClick={() => void run(async () => void (await call('cut', { role, cut: !cut })))}
        >
          {cut ? 'Restore network' : 'Cut network'}
        </button>
        <button
          type="button"
          className="button small"
          disabled={state === 'starting' || busy}
          onClick={() => void run(async () => void (await call(running ? 'kill' : 'start', { role })))}
        >
          {running || state === 'starting' ? 'Kill' : 'Restart'}
        </button>
      </header>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {running && link !== undefined ? (
        <iframe title={`The messenger on ${name}`} src={link} allow="clipboard-write; camera" />
      ) : (
        <div className="empty">
          {state === 'killed' ? (
            <p>Its process was killed. What it had stored is on its disk.</p>
          ) : (
            <Working>Starting its process…</Working>
          )}
        </div>
      )}
    </section>
  )
}
