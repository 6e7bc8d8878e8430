/** The other processes of the log benchmarks: one system, told what to do, telling how long it took. */
import { randomBytes } from 'node:crypto'
import { type Command, type Outcome, systems } from './commands.ts'
import type { Log, System } from './contract.ts'

const [name = '', folder = ''] = process.argv.slice(2)
const path = systems[name]
if (path === undefined) throw new RangeError(`no such system: ${name}`)
const system = (await import(path.href)) as System
let log: Log | undefined

process.on('message', (command: Command) => void answer(command))
process.send?.({ id: 0, value: 0 } satisfies Outcome)

async function answer(command: Command): Promise<void> {
  try {
    process.send?.({ id: command.id, ...(await perform(command)) } satisfies Outcome)
  } catch (error) {
    process.send?.({ id: command.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

async function perform(command: Command): Promise<Omit<Outcome, 'id'>> {
  switch (command.type) {
    case 'start':
      log = await system.start(folder)
      return { value: 0 }
    case 'create':
      return { text: await current().create() }
    case 'reopen': {
      const reopened = await system.reopen(folder, command.where)
      log = reopened.log
      return { value: reopened.opened, alone: reopened.alone }
    }
    case 'append':
      return { value: await timed(() => appendMany(current(), command.count, command.size, command.width)) }
    case 'connect':
      await current().connect(command.where)
      return { value: 0 }
    case 'follow':
      return { value: await timed(() => current().follow(command.where, command.count)) }
    case 'listen':
      current().onArrival(() => process.send?.({ id: -1, text: process.hrtime.bigint().toString() } satisfies Outcome))
      return { value: 0 }
    case 'append-at': {
      const began = process.hrtime.bigint()
      await current().append(randomBytes(command.size))
      return { text: began.toString() }
    }
    case 'read': {
      let count = 0
      const value = await timed(async () => {
        count = await current().readAll()
      })
      if (count !== command.count) throw new RangeError(`${count} entries instead of ${command.count}`)
      return { value }
    }
    case 'memory':
      return { value: process.resourceUsage().maxRSS / 1024 }
    case 'heap':
      globalThis.gc?.()
      return { value: process.memoryUsage().heapUsed / 1024 / 1024 }
    case 'cpu': {
      const { user, system: kernel } = process.cpuUsage()
      return { value: (user + kernel) / 1000 }
    }
    case 'close':
      await log?.close()
      setImmediate(() => process.exit(0))
      return { value: 0 }
  }
}

/** `width` appends at a time; 1 waits for each. */
async function appendMany(log: Log, count: number, size: number, width: number): Promise<void> {
  for (let done = 0; done < count; done += width) {
    const group = Array.from({ length: Math.min(width, count - done) }, () => log.append(randomBytes(size)))
    await Promise.all(group)
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await act()
  return performance.now() - began
}

function current(): Log {
  if (log === undefined) throw new RangeError('nothing was started')
  return log
}
