import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { deviceOf } from '../../src/device.ts'
import { verifierOf } from '../../src/events/verify.ts'
import { sessionsOf } from '../../src/group/node-sessions.ts'
import { type Channel, createGroup, type Group, joinGroup, type LinkRequest } from '../../src/index.ts'
import { guestKey, invitationKeys, parseInvitation, TextInvitation } from '../../src/members/invite.ts'
import { decodeJoinAnswer } from '../../src/members/join-messages.ts'
import { commitmentTo, decodeLinkNonce, encodeLinkCommitment, encodeLinkReveal } from '../../src/members/link-code.ts'
import { type Actor, startActor, stopActors } from './actors.ts'

afterEach(stopActors)

/** A promise, and what settles it. */
function waiting<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  return Promise.withResolvers<T>()
}

async function userOf(actor: Actor): Promise<Group> {
  const user = await createGroup(actor.walytis, actor.keyStore, actor.identity, { history: 'shared' })
  actor.groups.push(user)
  return user
}

async function link(actor: Actor, text: string, onCode: (code: string) => void = () => undefined): Promise<Group> {
  const group = await joinGroup(actor.walytis, actor.keyStore, actor.identity, text, { onCode })
  actor.groups.push(group)
  return group
}

/** What the key store has of groups. */
async function groupSecrets({ keyStore }: Actor): Promise<string[]> {
  const names: string[] = []
  for await (const name of keyStore.names('group/')) {
    names.push(name)
  }
  return names
}

describe('a device link', () => {
  it('shows both devices one code, and lets nobody in before the user says yes', async () => {
    const [laptop, phone] = [await startActor('laptop'), await startActor('phone')]
    const user = await userOf(laptop)
    const asked = waiting<LinkRequest>()
    const answer = waiting<boolean>()
    const invitation = await user.invite({
      role: 'admin',
      confirm: (request) => {
        asked.resolve(request)
        return answer.promise
      }
    })
    expect(invitation).toMatchObject({ uses: 1, shared: false, link: true })
    const shown = waiting<string>()
    const linked = link(phone, invitation.toString(), shown.resolve)
    const { code, device, member } = await asked.promise
    expect(code).toMatch(/^\d{6}$/)
    expect(await shown.promise).toBe(code)
    expect([device, member]).toEqual([phone.identity.did, phone.identity.did])
    expect(user.members()).toHaveLength(1)
    expect(await groupSecrets(phone)).toEqual([])
    answer.resolve(true)
    const onPhone = await linked
    expect(onPhone.me).toMatchObject({ did: phone.identity.did, role: 'admin' })
  })

  it('R41 that a thief uses first shows another code; the user refuses, and nothing was handed over', async () => {
    const [laptop, phone, thief] = [await startActor('laptop'), await startActor('phone'), await startActor('thief')]
    const user = await userOf(laptop)
    const asked = waiting<LinkRequest>()
    const answer = waiting<boolean>()
    const invitation = await user.invite({
      confirm: (request) => {
        asked.resolve(request)
        return answer.promise
      }
    })
    // the thief is in the middle: it uses the link, and gives the phone one of its own
    const theirs = await userOf(thief)
    const decoy = await theirs.invite({ confirm: async () => true })
    const before = await user.blockchain.count()
    const stolen = link(thief, invitation.toString())
    stolen.catch(() => undefined)
    const { code, device } = await asked.promise
    const shown = waiting<string>()
    await link(phone, decoy.toString(), shown.resolve)
    expect(await shown.promise).not.toBe(code)
    expect(device).toBe(thief.identity.did)
    answer.resolve(false)
    await expect(stolen).rejects.toMatchObject({ name: 'InvitationError', reason: 'refused' })
    expect((await groupSecrets(thief)).filter((name) => name.includes(user.did))).toEqual([])
    expect(user.members().map(({ did }) => did)).toEqual([laptop.identity.did])
    // all that was written is that the link is void
    expect(await user.blockchain.count()).toBe(before + 1)
    await expect(link(phone, invitation.toString())).rejects.toMatchObject({ name: 'InvitationError' })
    for await (const open of user.invitations()) {
      expect.unreachable(`still open: ${open.id}`)
    }
  })

  it('R41 is refused to a second device while the user is asked about the first', async () => {
    const [laptop, phone, thief] = [await startActor('laptop'), await startActor('phone'), await startActor('thief')]
    const user = await userOf(laptop)
    const asked: LinkRequest[] = []
    const begun = waiting<void>()
    const answer = waiting<boolean>()
    const invitation = await user.invite({
      confirm: (request) => {
        asked.push(request)
        begun.resolve()
        return answer.promise
      }
    })
    const linked = link(phone, invitation.toString())
    await begun.promise
    await expect(link(thief, invitation.toString())).rejects.toMatchObject({ reason: 'refused' })
    answer.resolve(true)
    await linked
    expect(asked.map(({ device }) => device)).toEqual([phone.identity.did])
    expect(user.members()).toHaveLength(2)
  })

  it('R41 with its mark taken off asks nobody and lets nobody in', async () => {
    const [laptop, thief] = [await startActor('laptop'), await startActor('thief')]
    const user = await userOf(laptop)
    let asked = 0
    const confirm = async (): Promise<boolean> => ++asked > 0
    const { details } = parseInvitation(await user.invite({ confirm }))
    const plain = new TextInvitation({ ...details, link: false }).toString()
    await expect(link(thief, plain)).rejects.toMatchObject({ reason: 'refused' })
    expect([asked, user.members().length]).toEqual([0, 1])
  })

  it('R41 lets nobody choose its part of the code after it has seen the other', async () => {
    const [laptop, thief] = [await startActor('laptop'), await startActor('thief')]
    const user = await userOf(laptop)
    let asked = 0
    const confirm = async (): Promise<boolean> => ++asked > 0
    const { details } = parseInvitation(await user.invite({ confirm }))
    await thief.walytis.dial(laptop.walytis.getMultiaddrs())
    const device = deviceOf(thief.identity)
    if (device === undefined) {
      return expect.unreachable('no device')
    }
    const manager = sessionsOf({ walytis: thief.walytis, now: Date.now, randomBytes })
    const key = guestKey(verifierOf(invitationKeys(details.secret)))
    const init = { peer: laptop.walytis.peerId, group: user.did, device, key }
    const channel: Channel = await manager.openAsGuest(init)
    const messages = channel.messages()[Symbol.asyncIterator]()
    const request = randomBytes(64)
    await channel.send(encodeLinkCommitment(commitmentTo(request, randomBytes(32))))
    expect(decodeLinkNonce((await messages.next()).value)).toHaveLength(32)
    await channel.send(encodeLinkReveal({ nonce: randomBytes(32), request }))
    expect(decodeJoinAnswer((await messages.next()).value)).toBeUndefined()
    expect(asked).toBe(0)
    channel.abort(new TypeError('done'))
  })

  it('R41 a yes that comes after the device is gone lets nobody in', async () => {
    const [laptop, phone] = [await startActor('laptop'), await startActor('phone')]
    const user = await userOf(laptop)
    const asked = waiting<LinkRequest>()
    const answer = waiting<boolean>()
    const invitation = await user.invite({
      confirm: (request) => {
        asked.resolve(request)
        return answer.promise
      }
    })
    const giveUp = new AbortController()
    const joining = joinGroup(phone.walytis, phone.keyStore, phone.identity, invitation, {
      onCode: () => undefined,
      signal: giveUp.signal
    })
    joining.catch(() => undefined)
    const { signal } = await asked.promise
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    giveUp.abort()
    await expect(joining).rejects.toThrow()
    await gone
    answer.resolve(true)
    // the link is still good for the same user's next attempt
    let code = ''
    const again = link(phone, invitation.toString(), (shown) => {
      code = shown
    })
    await again
    expect(code).toMatch(/^\d{6}$/)
    expect(user.members()).toHaveLength(2)
  })

  it('is for one use, not shared, for ten minutes at most, and needs a screen on the other side', async () => {
    const [laptop, phone] = [await startActor('laptop'), await startActor('phone')]
    const user = await userOf(laptop)
    const confirm = async (): Promise<boolean> => true
    const late = new Date(Date.now() + 11 * 60 * 1000)
    for (const wrong of [{ uses: 2 }, { shared: true }, { expires: late }]) {
      await expect(user.invite({ confirm, ...wrong })).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    }
    const invitation = await user.invite({ confirm })
    expect(invitation.expires.getTime()).toBeLessThanOrEqual(Date.now() + 10 * 60 * 1000)
    const blind = joinGroup(phone.walytis, phone.keyStore, phone.identity, invitation)
    await expect(blind).rejects.toMatchObject({ name: 'InvalidArgumentError' })
  })
})
