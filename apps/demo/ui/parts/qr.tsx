import encodeQR from 'qr'
import { type ReactNode, useMemo } from 'react'

/** Light modules around the code, as its standard wants. */
const QUIET = 4

/** A line as a QR code, where one is large enough for it. */
export function QrCode({ text, label }: { text: string; label: string }): ReactNode {
  const rows = useMemo(() => {
    try {
      return encodeQR(text, 'raw', { ecc: 'low', border: QUIET })
    } catch {
      return undefined
    }
  }, [text])
  if (rows === undefined) return <p className="quiet">This line is too long for a QR code; copy it instead.</p>
  const size = rows.length
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path.join('')} fill="#000" />
    </svg>
  )
}
