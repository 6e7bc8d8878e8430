import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ed25519PublicKey } from '../../src/crypto/ed25519.ts'
import { multikeyOf } from '../../src/crypto/multikey.ts'
import type { BaseBlockchain, Invitation, Store } from '../../src/interface/index.ts'
import { Admissions } from '../../src/membership/admissions.ts'
import { decodeInvitation, invitationSigningKey } from '../../src/membership/invitation.ts'
import { InvitationStore } from '../../src/membership/invitation-store.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'
import { all, createChain, type LocalNode, openLocalNode } from '../support/local-chains.ts'

const ACCESS_KEY = new Uint8Array(32).fill(3)
const keyOf = ({ signer }: typeof alice): Uint8Array => multikeyOf(signer.publicKey)

describe('admissions', () => {
  let node: LocalNode
  let chain: BaseBlockchain
  let admissions: Admissions
  let beforeAccess: () => Promise<void>

  beforeEach(async () => {
    node = await openLocalNode()
    chain = (await createChain(node)).blockchain
    beforeAccess = async () => {}
    admissions = openAdmissions(node.store)
  })

  afterEach(() => node.stop())

  function openAdmissions(store: Store): Admissions {
    return new Admissions({
      invitations: new InvitationStore(store),
      now: () => node.clock.now(),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      self: () => ({ peer: alice.peerId.toString(), addresses: [] }),
      chain: (id) => (id === chain.id ? chain : undefined),
      accessKey: async () => {
        await beforeAccess()
        return ACCESS_KEY
      }
    })
  }

  const admit = (invitation: Invitation, joiner: typeof alice): Promise<Uint8Array | undefined> => {
    const { secret } = decodeInvitation(invitation.toString())
    return admissions.admit(chain.id, ed25519PublicKey(invitationSigningKey(secret)), keyOf(joiner))
  }

  it('R20 a revocation that comes in the middle of an admission stays', async () => {
    const invitation = await invite({ uses: 5 })
    const deciding = Promise.withResolvers<void>()
    const decide = Promise.withResolvers<void>()
    beforeAccess = async () => {
      deciding.resolve()
      await decide.promise
    }
    const admitted = admit(invitation, bob)
    await deciding.promise
    const revoked = admissions.revoke(chain, invitation.id)
    for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve))
    decide.resolve()
    await Promise.all([admitted, revoked])
    expect(await admit(invitation, carol)).toBeUndefined()
    expect(await all(admissions.list(chain.id))).toEqual([])
  })

  it('R20 joiners at the same time are all counted, and stay counted after a restart', async () => {
    const invitation = await invite({ uses: 2 })
    const joiners = [bob, carol, createActor('dave')]
    const answers = await Promise.all(joiners.map((joiner) => admit(invitation, joiner)))
    expect(answers).toEqual([ACCESS_KEY, ACCESS_KEY, undefined])
    admissions = openAdmissions(node.store)
    expect(await admit(invitation, createActor('erin'))).toBeUndefined()
    // who was admitted may ask again: the answer may have been lost
    expect(await admit(invitation, bob)).toEqual(ACCESS_KEY)
  })

  it('go on after one has failed', async () => {
    await expect(admissions.revoke(chain, 'unknown')).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await admit(await invite(), bob)).toEqual(ACCESS_KEY)
  })

  it('R34 a key that nobody invited reads none of the shared invitations, and theirs read their own only', async () => {
    const invitations = await Promise.all(
      Array.from({ length: 20 }, () => admissions.invite(chain, { shared: true, uses: 2 }))
    )
    const [first, second] = invitations
    if (first === undefined || second === undefined) throw new TypeError('There are no invitations')
    let read = 0
    const { records } = chain
    chain.records = async function* (...query) {
      for await (const record of records.apply(this, query)) {
        read += 1
        yield record
      }
    }
    expect(await admissions.admit(chain.id, keyOf(createActor('mallory')).subarray(2), keyOf(bob))).toBeUndefined()
    expect(read).toBe(0)
    expect(await admit(first, bob)).toEqual(ACCESS_KEY)
    expect(read).toBe(1)
    await admissions.revoke(chain, second.id)
    read = 0
    expect(await admit(second, bob)).toBeUndefined()
    expect(read).toBeLessThanOrEqual(2)
  })

  const invite = (options?: { uses?: number }): Promise<Invitation> => admissions.invite(chain, options)
})
