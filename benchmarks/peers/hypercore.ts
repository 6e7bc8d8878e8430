/** Hypercore: one writer, replicated over a TCP connection whose handshake is done before anything is measured. */
import { join } from 'node:path'
import Hypercore from 'hypercore'
import type { Log, Reopened } from '../src/logs/contract.ts'
import { type Connections, connectTo, serve } from './connections.ts'

export async function start(folder: string): Promise<Log> {
  return logOf(folder, undefined)
}

export async function reopen(folder: string): Promise<Reopened> {
  const began = performance.now()
  const core = new Hypercore(join(folder, 'core'))
  await core.ready()
  return { log: logOf(folder, core), opened: performance.now() - began }
}

function logOf(folder: string, given: Hypercore | undefined): Log {
  let core = given
  let server: Connections | undefined
  let connection: Connections | undefined
  const current = (): Hypercore => {
    if (core === undefined) throw new RangeError('no core yet')
    return core
  }
  return {
    create: async () => {
      const made = new Hypercore(join(folder, 'core'))
      core = made
      await made.ready()
      server = await serve((stream) => made.replicate(stream))
      return JSON.stringify({ key: made.key.toString('hex'), port: server.port })
    },
    append: (entry) => current().append(entry),
    connect: async (where) => {
      connection = await connectTo(JSON.parse(where).port)
    },
    follow: async (where, count) => {
      const copy = new Hypercore(join(folder, 'core'), Buffer.from(JSON.parse(where).key, 'hex'))
      core = copy
      await copy.ready()
      copy.replicate(connection?.stream)
      await copy.download({ start: 0, end: count }).done()
      if (copy.contiguousLength < count) throw new RangeError(`${copy.contiguousLength} of ${count} entries`)
      copy.download({ start: 0, end: -1 })
    },
    onArrival: (listener) => current().on('download', listener),
    readAll: async () => {
      const { length } = current()
      for (let index = 0; index < length; index++) await current().get(index)
      return length
    },
    close: async () => {
      connection?.close()
      server?.close()
      await core?.close()
    }
  }
}
