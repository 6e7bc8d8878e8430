/* A device has come with a link: is it the one in one's hand? */
import type { ReactNode } from 'react'
import { call, useStore } from '../client/store.ts'
import { codeOf } from '../client/words.ts'
import { Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Dialog } from '../parts/dialog.tsx'

export function LinkQuestion(): ReactNode {
  const asking = useStore((state) => state.app?.device.asking)
  const { busy, problem, run } = useBusy()
  if (asking === undefined) return null
  const { device, code } = asking
  const answer = (same: boolean): void =>
    void run(async () => await call('answerLink', { device: device as `did:walytis:${string}`, same }))
  return (
    <Dialog
      title="Is this your new device?"
      description="It must show the same code. If it shows another, or none, somebody else has used your link."
      onClose={() => answer(false)}
    >
      <p className="code">{codeOf(code)}</p>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {busy && <Working>Letting it know…</Working>}
      <div className="row end">
        <button type="button" className="button danger" disabled={busy} onClick={() => answer(false)}>
          It does not
        </button>
        <button type="button" className="button primary" disabled={busy} onClick={() => answer(true)}>
          It shows the same
        </button>
      </div>
    </Dialog>
  )
}
