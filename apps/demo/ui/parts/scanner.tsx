import { type ReactNode, useEffect, useRef } from 'react'
import { readPixels } from './read-qr.ts'

const LOOK_EVERY_MS = 150

/** The camera's picture, searched for a QR code until one is found. */
export function Scanner({
  onFound,
  onProblem
}: {
  onFound(text: string): void
  onProblem(sentence: string): void
}): ReactNode {
  const video = useRef<HTMLVideoElement>(null)
  const told = useRef({ onFound, onProblem })
  told.current = { onFound, onProblem }

  useEffect(() => {
    const place = video.current
    let stream: MediaStream | undefined
    let ended = false
    const canvas = document.createElement('canvas')
    const look = (): void => {
      if (place === null || place.videoWidth === 0) return
      canvas.width = place.videoWidth
      canvas.height = place.videoHeight
      const context = canvas.getContext('2d', { willReadFrequently: true })
      context?.drawImage(place, 0, 0)
      const pixels = context?.getImageData(0, 0, canvas.width, canvas.height)
      const found = pixels === undefined ? undefined : readPixels(pixels)
      if (found !== undefined) told.current.onFound(found)
    }
    const timer = setInterval(look, LOOK_EVERY_MS)
    const begin = async (): Promise<void> => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
        if (ended) return stop()
        if (place !== null) place.srcObject = stream
        await place?.play()
      } catch {
        if (!ended) told.current.onProblem('There is no camera that this page may use. Paste the code instead.')
      }
    }
    const stop = (): void => {
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
    void begin()
    return () => {
      ended = true
      clearInterval(timer)
      stop()
    }
  }, [])

  return (
    <video ref={video} className="scanner" muted playsInline aria-label="What the camera sees">
      <track kind="captions" />
    </video>
  )
}
