import type { Channel, Did, Sessions } from 'walytis-identities'
import { OPEN_GRACE, REOPEN } from './limits.ts'

export interface OpeningComponents {
  readonly sessions: Pick<Sessions, 'open' | 'connected' | 'watch'>
  readonly self: Did
  readonly protocol: string
  /** Whether a channel with the device stands, or none is wanted. */
  isUp(device: Did): boolean
  attach(channel: Channel): void
}

/** Keeps channels open until it is stopped. */
export interface Opening {
  /** The last channel with a device has ended. */
  lost(device: Did): void
  /** A channel is wanted with all devices that have none: where `isUp` has said otherwise before. */
  seek(): void
  stop(): void
}

/**
 * Keep a channel open with every device that has a session with this one. The device with the lower DID opens it; the other waits a moment
 * and then tries too, for the case that the first can't. Nothing is done while a channel stands.
 */
export function keepOpen(components: OpeningComponents): Opening {
  const { sessions, self, protocol } = components
  const timers = new Map<Did, ReturnType<typeof setTimeout>>()
  const controller = new AbortController()

  function schedule(device: Did, delay: number, attempt: number): void {
    clearTimeout(timers.get(device))
    timers.set(
      device,
      setTimeout(() => void attemptOpen(device, attempt), delay)
    )
  }

  async function attemptOpen(device: Did, attempt: number): Promise<void> {
    timers.delete(device)
    if (controller.signal.aborted || components.isUp(device) || !sessions.connected().includes(device)) return
    try {
      components.attach(await sessions.open(device, protocol, { signal: controller.signal }))
    } catch {
      // Not reachable, or not taking part: tried again for as long as its session stands.
      if (controller.signal.aborted || timers.has(device)) return
      schedule(device, Math.min(REOPEN.first * 2 ** attempt, REOPEN.longest), attempt + 1)
    }
  }

  const patience = (device: Did): number => (self < device ? 0 : OPEN_GRACE)
  const unwatch = sessions.watch((device, state) => {
    if (state === 'up') schedule(device, patience(device), 0)
    else {
      clearTimeout(timers.get(device))
      timers.delete(device)
    }
  })
  const seek = (): void => {
    for (const device of sessions.connected()) if (!timers.has(device)) schedule(device, patience(device), 0)
  }
  seek()
  return {
    seek,
    lost(device) {
      if (!controller.signal.aborted) schedule(device, REOPEN.first + patience(device), 0)
    },
    stop() {
      unwatch()
      controller.abort()
      for (const timer of timers.values()) clearTimeout(timer)
    }
  }
}
