import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needleFor } from '../../src/scan/needles.ts'
import { scanBytes } from '../../src/scan/scan.ts'
import { recordPlanted } from '../../src/wire/planted-traffic.ts'
import { freePort, RecordingProxy } from '../../src/wire/recording-proxy.ts'

let proxy: RecordingProxy
let echo: Server
let port: number

beforeEach(async () => {
  port = await freePort()
  echo = createServer((socket) => socket.pipe(socket)).listen(port, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await RecordingProxy.start()
})

afterEach(async () => {
  await proxy.stop()
  echo.close()
})

describe('a recording proxy', () => {
  it('passes bytes on and keeps them, both ways', async () => {
    proxy.forwardTo(port)
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    socket.end('hello')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toBe('hello')
    await once(socket, 'close')
    expect(proxy.recordings().map(String)).toEqual(['hello', 'hello'])
  })

  it('closes connections while nobody is behind it', async () => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    await once(socket, 'close')
    expect(proxy.recordings()).toEqual([])
  })

  it('ends a connection whose other side is gone', async () => {
    proxy.forwardTo(await freePort())
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    await once(socket, 'close')
  })

  it('shows a text that was planted on it', async () => {
    const text = 'planted on the wire'
    const recorded = await recordPlanted(text)
    expect(recorded.flatMap((bytes) => scanBytes(bytes, [needleFor(text)], 'wire'))).toHaveLength(1)
  })
})
