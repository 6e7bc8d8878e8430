/* An invitation to hand to somebody: as a QR code, and as a line to copy. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Icon, Problem, Working } from './bits.tsx'
import { useBusy } from './busy.ts'
import { QrCode } from './qr.tsx'

const COPIED_MS = 2000

export function Share({ make, label }: { make(): Promise<string>; label: string }): ReactNode {
  const [line, setLine] = useState<string>()
  const [copied, setCopied] = useState(false)
  const { problem, run } = useBusy()
  const asked = useRef(false)
  useEffect(() => {
    // An invitation is made once, however often this is drawn.
    if (asked.current) return
    asked.current = true
    void run(async () => setLine(await make()))
  }, [make, run])
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), COPIED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  if (problem !== undefined) return <Problem>{problem}</Problem>
  if (line === undefined) return <Working>Making an invitation…</Working>
  return (
    <div className="share">
      <QrCode text={line} label={label} />
      <label className="field">
        <span>Or send this line by a way you trust</span>
        <textarea className="invitation" readOnly rows={3} value={line} onFocus={({ target }) => target.select()} />
      </label>
      <button
        type="button"
        className="button primary wide"
        onClick={() =>
          void run(async () => {
            await navigator.clipboard.writeText(line)
            setCopied(true)
          })
        }
      >
        <Icon name={copied ? 'check' : 'copy'} /> {copied ? 'Copied' : 'Copy the line'}
      </button>
    </div>
  )
}
