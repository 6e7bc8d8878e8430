/* Where an invitation comes in: pasted, from the camera, or from a picture of its QR code. */
import { lazy, type ReactNode, Suspense, useId, useState } from 'react'
import { Icon, Problem, Working } from './bits.tsx'

const Scanner = lazy(async () => ({ default: (await import('./scanner.tsx')).Scanner }))

export function InvitationField({
  label,
  value,
  onChange
}: {
  label: string
  value: string
  onChange(value: string): void
}): ReactNode {
  const [scanning, setScanning] = useState(false)
  const [problem, setProblem] = useState<string>()
  const id = useId()

  const fromPicture = async (file: File): Promise<void> => {
    const { readPicture } = await import('./read-qr.ts')
    const found = await readPicture(file)
    setProblem(found === undefined ? 'There is no readable code in this picture.' : undefined)
    if (found !== undefined) onChange(found)
  }

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="invitation"
        rows={3}
        spellCheck={false}
        placeholder="endra:…"
        value={value}
        onChange={({ target }) => onChange(target.value)}
        onPaste={(event) => {
          const [file] = event.clipboardData.files
          if (file === undefined) return
          event.preventDefault()
          void fromPicture(file)
        }}
      />
      <div className="row">
        <button type="button" className="button small" onClick={() => setScanning(!scanning)}>
          <Icon name="camera" /> {scanning ? 'Stop the camera' : 'Scan with the camera'}
        </button>
        <label className="button small">
          From a picture
          <input
            type="file"
            accept="image/*"
            className="hidden"
            onChange={({ target }) => {
              const [file] = target.files ?? []
              if (file !== undefined) void fromPicture(file)
              target.value = ''
            }}
          />
        </label>
      </div>
      {scanning && (
        <Suspense fallback={<Working>Starting the camera…</Working>}>
          <Scanner
            onFound={(text) => {
              onChange(text)
              setScanning(false)
              setProblem(undefined)
            }}
            onProblem={(sentence) => {
              setProblem(sentence)
              setScanning(false)
            }}
          />
        </Suspense>
      )}
      {problem !== undefined && <Problem>{problem}</Problem>}
    </div>
  )
}
