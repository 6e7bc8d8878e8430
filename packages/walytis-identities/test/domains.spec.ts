import { describe, expect, it } from 'vitest'
import { deviceOf } from '../src/device.ts'
import { bound, domainBytes, domains } from '../src/domains.ts'
import { eventSigningBytes } from '../src/events/format.ts'
import { groupDomains } from '../src/group-domains.ts'
import { readAppSignature } from '../src/identity/app-signature.ts'
import { suiteOf } from '../src/keys/suite.ts'
import { keysOf } from './support/forge-identity.ts'
import { testIdentity } from './support/nodes.ts'

const keys = keysOf('alice')
const suite = suiteOf(keys)
const position = { chain: null, parents: [], prev: null, seq: 1, height: 0, topics: [] }
const value = { v: 1, keys: 'the same value in every context' }

/** The bytes that each kind of signature covers, for as alike a value as can be. */
const signable: Record<string, Uint8Array> = {
  ...Object.fromEntries(Object.values(domains).map((domain) => [domain, bound(domain, value)])),
  'events of a block': eventSigningBytes([], position),
  'a block': new Uint8Array([...new TextEncoder().encode('walytis/block/1\0'), ...bound('', value).subarray(1)])
}

describe('domains', () => {
  it('are distinct, and none is the beginning of another', () => {
    const all = [...Object.values(domains), ...Object.values(groupDomains), 'walytis/block/1'].map((domain) =>
      Buffer.from(domainBytes(domain))
    )
    for (const [index, one] of all.entries()) {
      for (const [other, two] of all.entries()) {
        expect(index !== other && two.subarray(0, one.length).equals(one)).toBe(false)
      }
    }
  })

  it('R4 keep a signature of each kind from being one of any other', () => {
    for (const [signed, bytes] of Object.entries(signable)) {
      const hybrid = suite.sign(keys, bytes)
      const event = suite.signEvent(keys, bytes)
      for (const [asked, others] of Object.entries(signable)) {
        expect([signed, asked, suite.verify(keys, others, hybrid)]).toEqual([signed, asked, signed === asked])
        expect([signed, asked, suite.verifyEvent(keys, others, event)]).toEqual([signed, asked, signed === asked])
      }
    }
  })

  it('R25 whatever bytes a peer has an application sign, no signature of a protocol comes of it', async () => {
    const { identity } = await testIdentity()
    const device = deviceOf(identity)
    expect(device).toBeDefined()
    for (const bytes of Object.values(signable)) {
      for (const context of ['', 'app:', ...Object.values(domains)]) {
        const signature = readAppSignature(await identity.sign(bytes, context))
        expect(signature).toBeDefined()
        if (signature === undefined || device === undefined) {
          continue
        }
        expect(suite.verify(device.keys, bytes, signature.signature)).toBe(false)
        for (const other of Object.values(signable)) {
          expect(suite.verifyEvent(device.keys, other, signature.signature.subarray(64))).toBe(false)
        }
      }
    }
  })
})
