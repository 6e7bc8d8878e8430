import { afterEach, describe, expect, it } from 'vitest'
import {
  createGroup,
  createRecoveryPhrase,
  exportKeyStore,
  forgetIdentity,
  type Group,
  importKeyStore,
  joinGroup,
  loadGroup,
  recoverIdentity
} from '../../src/index.ts'
import { type Actor, addressesOf, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** Of the backup. */
const key = new Uint8Array(32).fill(9)

/** A user whose recovery member's words are on paper, with two devices. */
async function userWithPaper(): Promise<{ laptop: Actor; phone: Actor; user: Group; onPhone: Group; phrase: string }> {
  const [laptop, phone] = [await startActor('laptop'), await startActor('phone')]
  const phrase = createRecoveryPhrase()
  const paper = await recoverIdentity(laptop.walytis, laptop.keyStore, phrase)
  const user = await createGroup(laptop.walytis, laptop.keyStore, laptop.identity, { recovery: paper })
  laptop.groups.push(user)
  await paper.close()
  await forgetIdentity(laptop.walytis, laptop.keyStore, paper.did)
  expect(user.members().map(({ did }) => did)).toEqual([paper.did, laptop.identity.did])
  const link = (await user.invite({ role: 'admin' })).toString()
  const onPhone = await joinGroup(phone.walytis, phone.keyStore, phone.identity, link)
  phone.groups.push(onPhone)
  return { laptop, phone, user, onPhone, phrase }
}

async function backupOf({ keyStore }: Actor): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of exportKeyStore(keyStore, { key })) {
    pieces.push(piece)
  }
  return pieces
}

describe('a user whose recovery words are on paper', () => {
  it('F17 gets back in on a new machine by a backup and the words, puts out the lost device and lets in another', async () => {
    const { laptop, phone, user, onPhone, phrase } = await userWithPaper()
    const old = await user.epochs.current()
    await until(onPhone, () => onPhone.epochs.held(old.id) !== undefined)
    const backup = await backupOf(laptop)
    await laptop.stop()

    const [machine, tablet] = [await startActor('machine'), await startActor('tablet')]
    await importKeyStore(machine.keyStore, backup, { key })
    const paper = await recoverIdentity(machine.walytis, machine.keyStore, phrase)
    const recovered = await loadGroup(machine.walytis, machine.keyStore, user.did, {
      member: paper,
      peers: [addressesOf(phone)]
    })
    machine.groups.push(recovered)
    expect(recovered.me).toMatchObject({ did: paper.did, role: 'admin' })
    await recovered.remove(laptop.identity.did)
    const link = (await recovered.invite({ role: 'admin' })).toString()
    const onTablet = await joinGroup(tablet.walytis, tablet.keyStore, tablet.identity, link)
    tablet.groups.push(onTablet)
    const remaining = [paper.did, phone.identity.did, tablet.identity.did]
    await until(onPhone, () => onPhone.members().length === 3 && onPhone.members().at(-1)?.did === tablet.identity.did)
    for (const group of [recovered, onTablet, onPhone]) {
      expect(group.members().map(({ did }) => did)).toEqual(remaining)
    }
    const epoch = await onTablet.epochs.current()
    expect(await onPhone.epochs.entitled(laptop.identity.did, epoch.id)).toBe(false)
    const block = await say(onTablet, epoch.id, 'back again')
    await until(onPhone, () => onPhone.blockchain.has(block.id))
    await paper.close()
  })

  it('F17 is not let in by a stolen backup without the words', async () => {
    const { laptop, phone, user } = await userWithPaper()
    const backup = await backupOf(laptop)
    const thief = await startActor('thief')
    await importKeyStore(thief.keyStore, backup, { key })
    const peers = [addressesOf(laptop), addressesOf(phone)]
    const attempt = loadGroup(thief.walytis, thief.keyStore, user.did, { member: thief.identity, peers })
    await expect(attempt).rejects.toMatchObject({ name: 'UnknownIdentityError' })
    expect(user.members().map(({ did }) => did)).not.toContain(thief.identity.did)
  })
})
