/**
 * A user's two devices: the phone is linked, both get into a chat, then the phone is lost and the laptop removes it. Everything runs in this process,
 * in memory, on this machine. packages/walytis-identities/docs/guide.md goes through it.
 */
import assert from 'node:assert/strict'
import { createWalytis } from 'walytis'
import { createGroup, createIdentity, type Group, joinGroup, loadGroup, openKeyStore } from 'walytis-identities'

// A device: a node, a key store in the node's database, and an identity with keys that never leave it.
async function startDevice() {
  const node = await createWalytis({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
  const keyStore = await openKeyStore({ storage: node.store, key: crypto.getRandomValues(new Uint8Array(32)) })
  return { node, keyStore, identity: await createIdentity(node, keyStore) }
}

// Resolves once `holds`, which is asked now and whenever members or devices change.
function until(group: Group, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (holds()) {
        group.removeEventListener('members:changed', look)
        resolve()
      }
    }
    group.addEventListener('members:changed', look)
    look()
  })
}

const laptop = await startDevice()
const phone = await startDevice()

// A user is a group of devices. The laptop founds it, and is its first device.
const alice = await createGroup(laptop.node, laptop.keyStore, laptop.identity, { history: 'shared' })

// Link the phone: one line of text, shown as a QR code, for one use within ten minutes. Both devices then show a code, and Alice compares.
let onScreen = ''
const invitation = await alice.invite({ role: 'admin', confirm: async ({ code }) => code === onScreen })
const aliceOnPhone = await joinGroup(phone.node, phone.keyStore, phone.identity, invitation.toString(), {
  onCode: (code) => {
    onScreen = code
  }
})
console.log('devices of alice:', aliceOnPhone.members().length)

// A chat is a group of users. Alice founds it at the laptop; her phone gets into it without another invitation.
const chat = await createGroup(laptop.node, laptop.keyStore, alice)
const chatOnPhone = await loadGroup(phone.node, phone.keyStore, chat.did, { member: aliceOnPhone })
const sealed = await chat.encryptTo(new TextEncoder().encode('see you at five'))
const opened = new TextDecoder().decode(await chatOnPhone.decrypt(sealed))
console.log('the phone reads:', opened)
assert.equal(opened, 'see you at five')

// The phone is lost. Any other device of Alice removes it, and the chat follows at once, with new keys.
await alice.remove(phone.identity.did)
await until(chat, () => chat.me.devices.length === 1)
const epoch = await chat.epochs.current()
console.log('devices of alice in the chat:', chat.me.devices.length)
assert.equal(await chat.epochs.entitled(phone.identity.did, epoch.id), false)
assert.equal(chatOnPhone.epochs.held(epoch.id), undefined)

for (const group of [chatOnPhone, aliceOnPhone, chat, alice]) await group.close()
for (const { node, identity } of [phone, laptop]) {
  await identity.close()
  await node.stop()
}
