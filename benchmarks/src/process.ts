/** The other process of a benchmark: starting it, and what it says. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the other process says: where it is, and when something was stored there, in nanoseconds of the machine's clock. */
export type FromPeer = { kind: 'ready'; address: string } | { kind: 'arrived'; at: string }

/** Starts a file of this folder as a process. */
export function startPeer(file: string, given: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), given)
}

/** Ends it, and waits until it has. */
export async function endPeer(peer: ChildProcess): Promise<void> {
  if (peer.exitCode !== null || peer.signalCode !== null) return
  const ended = once(peer, 'exit')
  peer.kill()
  await ended
}

/** The next message of a kind from the other process; fails after half a minute. */
export async function message<Kind extends FromPeer['kind']>(
  peer: ChildProcess,
  kind: Kind
): Promise<Extract<FromPeer, { kind: Kind }>> {
  const signal = AbortSignal.timeout(30_000)
  for (;;) {
    const [received] = (await once(peer, 'message', { signal })) as [FromPeer]
    if (received.kind === kind) return received as Extract<FromPeer, { kind: Kind }>
  }
}

/** Says something to the process that started this one. */
export function say(what: FromPeer): void {
  process.send?.(what)
}

/** Says that something is stored here now. hrtime counts from the machine's start, alike in both processes. */
export function sayArrived(): void {
  say({ kind: 'arrived', at: process.hrtime.bigint().toString() })
}

/** Milliseconds from just before `act` until the other process says that what it made has arrived there. */
export async function untilArrived(peer: ChildProcess, act: () => Promise<unknown>): Promise<number> {
  const arrival = message(peer, 'arrived')
  const began = process.hrtime.bigint()
  await act()
  return Number(BigInt((await arrival).at) - began) / 1e6
}

/** Milliseconds that something takes. */
export async function elapsed(act: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint()
  await act()
  return Number(process.hrtime.bigint() - began) / 1e6
}
