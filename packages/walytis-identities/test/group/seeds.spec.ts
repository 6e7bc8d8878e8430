import { randomBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { Seeds, seedName } from '../../src/group/seeds.ts'
import { openKeyStore } from '../../src/keys/key-store.ts'
import { deriveEpoch } from '../../src/members/epoch-secrets.ts'
import type { EpochState } from '../../src/state/membership.ts'
import { collect } from '../support/collect.ts'
import { bareDid } from '../support/handshake.ts'
import { tempFolder } from '../support/temp.ts'

describe('seeds of epochs', () => {
  it('R8 one that somebody sent is taken, and kept, for no epoch but that of its public key', async () => {
    const keyStore = await openKeyStore({ storage: await tempFolder(), key: randomBytes(32) })
    const group = bareDid('group')
    const seeds = new Seeds(group, keyStore)
    const [real, forged] = [deriveEpoch(randomBytes(32)), deriveEpoch(randomBytes(32))]
    const epoch = { publicKey: real.publicKey } as EpochState
    expect(await seeds.take(epoch, forged.seed)).toBe(false)
    expect(seeds.get(epoch)).toBeUndefined()
    expect(await collect(keyStore.names(''))).toEqual([])
    expect(await seeds.take(epoch, real.seed)).toBe(true)
    expect(seeds.get(epoch)?.seed).toEqual(real.seed)
    expect(await keyStore.get(seedName(group, real.publicKey))).toEqual(real.seed)
    await keyStore.close()
  })
})
