import { bytesToHex } from '@noble/hashes/utils.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { MemoryLevel } from 'memory-level'
import { createSigner, signEd25519 } from 'walytis'
import type { Store } from 'walytis/interface'
import { createActor, forgeGenesis } from 'walytis/testing'
import { IDENTITY_POLICY } from '../../src/constants.ts'
import { bound, domains } from '../../src/domains.ts'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import { encodeEvents } from '../../src/events/format.ts'
import { type KeySetWithSecrets, publicOf } from '../../src/keys/key-set.ts'
import { openKeyStore } from '../../src/keys/key-store.ts'
import { noblePrimitives } from '../../src/keys/primitives-noble.ts'
import { FrameSealer } from '../../src/session/frames.ts'
import { channelKeys, nextKey, openingKeys } from '../../src/session/key-schedule.ts'
import { channelTag } from '../../src/session/opening.ts'
import { keysOf } from './forge-identity.ts'
import { bareDevice, drbg, fixedComponents, runHandshake } from './handshake.ts'
import { CHEAP_ARGON2 } from './temp.ts'

/** Everything that is frozen, computed anew with fixed seeds, randomness and deterministic signatures. Values are hexadecimal. */

const hex = bytesToHex

/** Suite 1's hybrid signature with ML-DSA's deterministic variant (FIPS 204 §3.4), so that it can be frozen. */
function signFixed(keys: KeySetWithSecrets, bytes: Uint8Array): Uint8Array {
  const { secretKey } = ml_dsa65.keygen(keys.secrets.postQuantum)
  const postQuantum = ml_dsa65.sign(bytes, secretKey, { extraEntropy: false })
  return new Uint8Array(Buffer.concat([signEd25519(keys.secrets.classical, bytes), postQuantum]))
}

export async function identityVectors() {
  const keys = keysOf('vector')
  const signed = { v: 1, keys: publicOf(keys) }
  const inception = encodeCanonical({ ...signed, signature: signFixed(keys, bound(domains.inception, signed)) })
  const signer = createSigner(keys.secrets.classical)
  const policy = { name: IDENTITY_POLICY, parameters: inception }
  const genesis = await forgeGenesis({ ...createActor('vector'), signer }, { access: 'custom', policy })
  const { id } = genesis.signed
  const position = { chain: id, parents: [id], prev: id, seq: 2, height: 1, topics: ['identities:event'] }
  const events = [{ kind: 'document', services: [{ id: 'chat', type: 'Endra', endpoint: 'endra:inbox' }] }]
  const content = await encodeEvents(events, position, (bytes) => signFixed(keys, bytes).subarray(64))
  return {
    seeds: {
      classical: hex(keys.secrets.classical),
      postQuantum: hex(keys.secrets.postQuantum),
      kem: hex(keys.secrets.kem)
    },
    publicKeys: { classical: hex(keys.classical), postQuantum: hex(keys.postQuantum), kem: hex(keys.kem) },
    inception: hex(inception),
    genesis: { block: hex(genesis.block), content: hex(genesis.content) },
    did: `did:walytis:${id.toString()}`,
    documentEvent: hex(content)
  }
}

export async function keyStoreVectors() {
  const storage: Store = new MemoryLevel<string, string>()
  const components = { argon2id: noblePrimitives.argon2id, randomBytes: drbg('key store') }
  const keyStore = await openKeyStore({ storage, passphrase: 'vector', argon2: CHEAP_ARGON2 }, components)
  await keyStore.put('name', new Uint8Array([1, 2, 3]))
  const wrapped = keyStore.wrap(new Uint8Array([4, 5, 6]), 'context')
  const rows: Record<string, string> = {}
  for await (const [key, value] of storage.iterator<string, Uint8Array>({ valueEncoding: 'view' })) {
    rows[key] = hex(value)
  }
  return { passphrase: 'vector', rows, wrapped: hex(wrapped), derived: hex(keyStore.derive('purpose')) }
}

export async function sessionVectors() {
  const fixed = (name: string) => {
    const device = bareDevice(name)
    return { ...device, sign: async (bytes: Uint8Array) => signFixed(device.keys, bytes) }
  }
  const components = { alice: fixedComponents('alice'), bob: fixedComponents('bob') }
  const { messages, initiator } = await runHandshake(fixed('alice'), fixed('bob'), { components })
  const nonces = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const
  const epoch = { id: 'epoch', secret: new Uint8Array(32).fill(3) }
  const named = { group: 'did:walytis:group', protocol: '/p/1', nonces }
  const plain = channelKeys(initiator.secret, named)
  const mixed = channelKeys(initiator.secret, { ...named, epoch })
  const opening = openingKeys(initiator.secret, nonces[0])
  const sealer = new FrameSealer(plain.initiator, () => 0, { bytes: 4, time: 1000 })
  const payload = new Uint8Array([7, 8, 9])
  return {
    handshake: messages.map(hex),
    session: { id: hex(initiator.id), secret: hex(initiator.secret) },
    control: { initiator: hex(initiator.control.initiator), responder: hex(initiator.control.responder) },
    opening: { initiator: hex(opening.initiator), responder: hex(opening.responder) },
    tag: hex(channelTag(new Uint8Array(32).fill(4), 'initiator', initiator.id, nonces[0])),
    channel: { initiator: hex(plain.initiator), responder: hex(plain.responder) },
    channelWithEpoch: { initiator: hex(mixed.initiator), responder: hex(mixed.responder) },
    rekeyed: hex(nextKey(plain.initiator)),
    frames: [
      ...sealer.seal({ kind: 'message', payload }),
      ...sealer.seal({ kind: 'message', payload }),
      ...sealer.seal({ kind: 'end' })
    ].map(hex)
  }
}
