import { describe, expect, it } from 'vitest'
import { kindOf } from '../../src/app/connections.ts'

describe('how far a connection goes', () => {
  it.each([
    ['/ip4/127.0.0.1/tcp/4001', 'this computer'],
    ['/ip6/::1/tcp/4001', 'this computer'],
    ['/ip4/192.168.1.7/tcp/4001', 'local network'],
    ['/ip4/172.31.0.1/tcp/4001', 'local network'],
    ['/ip4/172.32.0.1/tcp/4001', 'internet'],
    ['/ip4/8.8.8.8/tcp/4001', 'internet'],
    ['/ip4/127.0.0.1/tcp/4001/p2p/12D3/p2p-circuit', 'relay']
  ])('%s: %s', (address, kind) => expect(kindOf(address)).toBe(kind))
})
