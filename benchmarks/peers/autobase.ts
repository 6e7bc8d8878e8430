/** Autobase with one writer, whose view takes every entry as it is. */
import { join } from 'node:path'
import Autobase, { type View } from 'autobase'
import Corestore from 'corestore'
import type { Log, Reopened } from '../src/logs/contract.ts'
import { type Connections, connectTo, serve } from './connections.ts'

export async function start(folder: string): Promise<Log> {
  return logOf(new Corestore(join(folder, 'store')), undefined)
}

export async function reopen(folder: string, where: string): Promise<Reopened> {
  const began = performance.now()
  const store = new Corestore(join(folder, 'store'))
  const base = new Autobase(store, Buffer.from(JSON.parse(where).key, 'hex'), handlers)
  await base.ready()
  return { log: logOf(store, base), opened: performance.now() - began }
}

const handlers = {
  open: (store: { get(name: string): View }) => store.get('view'),
  apply: async (nodes: { value: Uint8Array }[], view: View) => {
    for (const { value } of nodes) await view.append(value)
  },
  valueEncoding: 'binary'
}

function logOf(store: Corestore, given: Autobase | undefined): Log {
  let base = given
  let server: Connections | undefined
  let connection: Connections | undefined
  const current = (): Autobase => {
    if (base === undefined) throw new RangeError('no base yet')
    return base
  }
  return {
    create: async () => {
      const made = new Autobase(store, null, handlers)
      base = made
      await made.ready()
      server = await serve((stream) => made.replicate(stream))
      return JSON.stringify({ key: made.key.toString('hex'), port: server.port })
    },
    append: (entry) => current().append(entry),
    connect: async (where) => {
      connection = await connectTo(JSON.parse(where).port)
    },
    follow: async (where, count) => {
      const copy = new Autobase(store, Buffer.from(JSON.parse(where).key, 'hex'), handlers)
      base = copy
      await copy.ready()
      const done = new Promise<void>((resolve) => {
        const look = () => copy.view.length >= count && resolve()
        copy.on('update', look)
        look()
      })
      copy.replicate(connection?.stream)
      await done
    },
    onArrival: (listener) => {
      let length = current().view.length
      current().on('update', () => {
        if (current().view.length === length) return
        length = current().view.length
        listener()
      })
    },
    readAll: async () => {
      const { view } = current()
      for (let index = 0; index < view.length; index++) await view.get(index)
      return view.length
    },
    close: async () => {
      connection?.close()
      server?.close()
      await base?.close()
      await store.close()
    }
  }
}
