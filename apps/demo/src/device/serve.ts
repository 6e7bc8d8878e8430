import type { Endra } from 'endra'
import { UsageError } from '../errors.ts'
import type { Report, Request } from '../protocol.ts'
import { CALLS, Device } from './answers.ts'

/**
 * Answer the calls of the process that started this one, until it asks to stop or is gone. Calls run side by side.
 *
 * @throws {UsageError} when no other process started this one
 */
export async function serve(endra: Endra): Promise<void> {
  if (process.send === undefined) throw new UsageError('`serve` is for a program that starts this one as a child.')
  const report = (message: Report): void => {
    // While the parent goes away there is nobody left to tell.
    if (process.connected) process.send?.(message)
  }
  const device = new Device(endra)
  await device.resume()
  const stopped = Promise.withResolvers<void>()
  const answer = async ({ id, call, argument }: Request): Promise<void> => {
    try {
      if (!CALLS.has(call)) throw new UsageError(`There is no call ${call}.`)
      const value = await (device[call] as (argument: unknown) => Promise<unknown>).call(device, argument)
      report({ kind: 'result', id, value })
      if (call === 'stop') stopped.resolve()
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new UsageError(String(error))
      report({ kind: 'failure', id, error: { name, message, stack } })
    }
  }
  process.on('message', (request) => void answer(request as Request))
  process.once('disconnect', () => stopped.resolve())
  process.once('SIGTERM', () => stopped.resolve())
  // Ctrl-C reaches the whole group of processes: the parent decides what becomes of this one.
  process.on('SIGINT', () => undefined)
  report({ kind: 'ready', pid: process.pid, addresses: endra.getMultiaddrs() })
  await stopped.promise
  if (process.connected) process.disconnect?.()
}
