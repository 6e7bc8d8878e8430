import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import { isRefused } from '../src/encoding/canonical.ts'
import { decodeInception } from '../src/identity/inception.ts'
import { verifyIdentityEvidence } from '../src/identity/verify-evidence.ts'
import { openKeyStore } from '../src/keys/key-store.ts'
import { FrameOpener } from '../src/session/frames.ts'
import identity from './fixtures/v1/identity.json' with { type: 'json' }
import keyStore from './fixtures/v1/key-store.json' with { type: 'json' }
import sessions from './fixtures/v1/sessions.json' with { type: 'json' }
import { identityVectors, keyStoreVectors, sessionVectors } from './support/vectors.ts'

describe('version 1 of the formats, frozen', () => {
  it('identities: keys, inception, genesis, events', async () => {
    expect(await identityVectors()).toEqual(identity)
    expect(isRefused(decodeInception(hexToBytes(identity.inception)))).toBe(false)
    const { block, content } = identity.genesis
    const evidence = [{ block: hexToBytes(block), content: hexToBytes(content) }]
    expect(await verifyIdentityEvidence(identity.did, evidence)).toMatchObject({
      keys: { suite: 1, classical: hexToBytes(identity.publicKeys.classical) }
    })
  })

  it('key store: a store written then opens now', async () => {
    expect(await keyStoreVectors()).toEqual(keyStore)
    const storage: Store = new MemoryLevel<string, string>()
    for (const [key, value] of Object.entries(keyStore.rows)) {
      await storage.put<string, Uint8Array>(key, hexToBytes(value), { valueEncoding: 'view' })
    }
    const store = await openKeyStore({ storage, passphrase: keyStore.passphrase })
    expect(await store.get('name')).toEqual(new Uint8Array([1, 2, 3]))
    expect(store.unwrap(hexToBytes(keyStore.wrapped), 'context')).toEqual(new Uint8Array([4, 5, 6]))
    expect(store.derive('purpose')).toEqual(hexToBytes(keyStore.derived))
  })

  it('sessions: handshake, keys, frames', async () => {
    expect(await sessionVectors()).toEqual(sessions)
    const opener = new FrameOpener(hexToBytes(sessions.channel.initiator))
    const kinds = sessions.frames.map((frame) => opener.open(hexToBytes(frame))?.kind)
    expect(kinds).toEqual(['message', 'rekey', 'message', 'rekey', 'end'])
  })
})
