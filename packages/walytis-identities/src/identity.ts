import type { AbortOptions } from '@libp2p/interface'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import type { DIDDocument } from 'did-resolver'
import { createSigner, NotFoundError } from 'walytis'
import type { BaseBlockchain, Walytis } from 'walytis/interface'
import { registerDevice } from './device.ts'
import { chainOf, didOf } from './did.ts'
import { identityDocument } from './document.ts'
import { DecryptionError, InvalidArgumentError, UnknownIdentityError } from './errors.ts'
import { ACCESS_KEY_BYTES, accessBy, accessName, accessTo } from './identity/access.ts'
import { signForApp, verifyAppSignature } from './identity/app-signature.ts'
import { areServices } from './identity/events.ts'
import { historyOf } from './identity/history.ts'
import { encodeInception } from './identity/inception.ts'
import { KeyHolder, openIdentityChain } from './identity/key-holder.ts'
import { identityPolicy } from './identity/policy.ts'
import { recoveryIdentity } from './identity/recovery.ts'
import { fingerprintOf, openSealed, readSealed, sealTo } from './identity/seal.ts'
import {
  eraseAll,
  eraseSigning,
  kemSecretOf,
  loadSecrets,
  secretRecords,
  signingFingerprints
} from './identity/secrets.ts'
import type { Did, HistoryEntry } from './interface/did.ts'
import type { DocumentUpdate, Identity, RotateOptions } from './interface/group.ts'
import type { KeyStore } from './interface/key-store.ts'
import type { KeySetWithSecrets } from './keys/key-set.ts'
import { defaultSuite, generateKeySet, suiteOf } from './keys/suite.ts'
import { registerPrincipal } from './principals.ts'

/** What making or loading an identity takes besides the node and the key store. */
export interface IdentityOptions extends AbortOptions {
  /** Default: the platform's random generator. */
  randomBytes?: ((length: number) => Uint8Array) | undefined
}

/** What making an identity takes besides the node and the key store. */
export interface CreateIdentityOptions extends IdentityOptions {
  /** Number of the suite of its keys. Default 1; 2 has post-quantum parts of the highest category, which are larger and slower. */
  suite?: number | undefined
}

/**
 * Make an identity with keys of its own: a chain whose genesis carries them, so that the DID certifies them. Where the key store lives in the
 * node's database, keys and genesis are written in one atomic batch.
 *
 * @throws {UnknownSuiteError}
 */
export async function createIdentity(
  walytis: Walytis,
  keyStore: KeyStore,
  options: CreateIdentityOptions = {}
): Promise<Identity> {
  const { randomBytes = platformRandom, suite = defaultSuite.number, ...abort } = options
  const keys = generateKeySet(randomBytes, suiteOf({ suite }))
  const atomic = keyStore.store === walytis.store
  const access = randomBytes(ACCESS_KEY_BYTES)
  const records = (did: Did) => [...secretRecords(did, keys), { name: accessName(did), value: access }]
  const chain = await walytis.create({
    ...abort,
    signer: createSigner(keys.secrets.classical),
    policy: identityPolicy(encodeInception(keys)),
    accessControl: accessBy(access),
    batch: (id) => (atomic ? records(didOf(id)).map(({ name, value }) => keyStore.sealed(name, value)) : [])
  })
  if (!atomic) {
    for (const { name, value } of records(didOf(chain.id))) {
      await keyStore.put(name, value)
    }
  }
  return openDevice(new KeyHolder({ walytis, keyStore, randomBytes }, chain, keys))
}

/**
 * The identity of a recovery phrase (`createRecoveryPhrase`), on this node: its chain and its keys follow from the words alone, so its DID is the
 * same wherever this is called. Meant as a member that is kept offline: call it to act, then `forgetIdentity`. Rotated, it no longer follows from
 * the phrase.
 *
 * @throws {InvalidRecoveryPhraseError}
 */
export async function recoverIdentity(
  walytis: Walytis,
  keyStore: KeyStore,
  phrase: string,
  options: IdentityOptions = {}
): Promise<Identity> {
  const { randomBytes = platformRandom, ...abort } = options
  const { did, genesis, keys } = await recoveryIdentity(phrase)
  const records = secretRecords(did, keys)
  for (const { name, value } of records) {
    await keyStore.put(name, value)
  }
  const components = { walytis, keyStore, randomBytes }
  const chain = await openIdentityChain(components, did, keys, abort).catch(async (error: unknown) => {
    if (!(error instanceof NotFoundError)) {
      throw error
    }
    const seams = { signer: createSigner(keys.secrets.classical), policy: identityPolicy(new Uint8Array()) }
    return walytis.create({ ...abort, ...seams, genesis, accessControl: await accessTo(keyStore, did, randomBytes) })
  })
  return openDevice(new KeyHolder(components, chain, keys))
}

/**
 * Remove an identity's keys and its chain from this node. Others may still hold what it wrote; nobody can write with its keys from here any more.
 *
 * @throws {InvalidDidError}
 */
export async function forgetIdentity(
  walytis: Walytis,
  keyStore: KeyStore,
  did: string,
  options: AbortOptions = {}
): Promise<void> {
  const chain = chainOf(did)
  // the keys first: a crash leaves a chain that nobody can write, never keys without their chain
  await eraseAll(keyStore, didOf(chain), options)
  await walytis.delete(chain, options)
}

/**
 * Load an identity whose chain and keys are held here.
 *
 * @throws {InvalidDidError}
 * @throws {UnknownIdentityError} when its keys aren't held here
 * @throws {NotFoundError} when its chain isn't
 */
export async function loadIdentity(
  walytis: Walytis,
  keyStore: KeyStore,
  did: string,
  options: IdentityOptions = {}
): Promise<Identity> {
  const { randomBytes = platformRandom, ...abort } = options
  const components = { walytis, keyStore, randomBytes }
  const known = didOf(chainOf(did))
  const fingerprints = await signingFingerprints(keyStore, known)
  let guess: KeySetWithSecrets | undefined
  for (const fingerprint of fingerprints) {
    guess ??= await loadSecrets(keyStore, known, fingerprint)
  }
  if (guess === undefined) {
    throw new UnknownIdentityError(did)
  }
  const opened = new KeyHolder(components, await openIdentityChain(components, known, guess, abort), guess)
  if (fingerprints.length === 1) {
    return openDevice(opened)
  }
  // a crash in the middle of a rotation left two key sets: the chain says which is in force
  const inForce = fingerprintOf((await opened.state(abort)).keys)
  await opened.close()
  const keys = await loadSecrets(keyStore, known, inForce)
  if (keys === undefined) {
    throw new UnknownIdentityError(did)
  }
  for (const fingerprint of fingerprints) {
    if (fingerprint !== inForce) {
      await eraseSigning(keyStore, known, fingerprint)
    }
  }
  return openDevice(new KeyHolder(components, await openIdentityChain(components, known, keys, abort), keys))
}

function openDevice(holder: KeyHolder): Identity {
  const identity = new DeviceIdentity(holder)
  registerDevice(identity, holder)
  identity.unregister = registerPrincipal(holder.components.walytis, identity)
  return identity
}

/** What applications get: it reaches the keys only by ways that can't make a protocol's signature. */
class DeviceIdentity implements Identity {
  readonly did: Did
  unregister: () => void = () => undefined
  readonly #holder: KeyHolder

  constructor(holder: KeyHolder) {
    this.did = holder.did
    this.#holder = holder
  }

  get blockchain(): BaseBlockchain {
    return this.#holder.blockchain
  }

  async document(options?: AbortOptions): Promise<DIDDocument> {
    return identityDocument(await this.#holder.state(options))
  }

  async *history(options?: AbortOptions): AsyncIterable<HistoryEntry> {
    for await (const record of this.blockchain.records({}, options)) {
      yield* historyOf(this.did, record)
    }
  }

  async sign(bytes: Uint8Array, context: string): Promise<Uint8Array> {
    return signForApp(this.did, this.#holder.keys.suite, { bytes, context }, (signed) => this.#holder.sign(signed))
  }

  async verify(bytes: Uint8Array, signature: Uint8Array, context: string): Promise<boolean> {
    const { keys } = await this.#holder.state()
    return verifyAppSignature(this.did, keys, { bytes, context }, signature)
  }

  async encryptTo(bytes: Uint8Array): Promise<Uint8Array> {
    const { keys } = await this.#holder.state()
    return sealTo(this.did, keys, bytes)
  }

  async decrypt(bytes: Uint8Array): Promise<Uint8Array> {
    const sealed = readSealed(bytes)
    const secret =
      sealed === undefined
        ? undefined
        : await kemSecretOf(this.#holder.components.keyStore, this.did, sealed.fingerprint)
    const opened = sealed === undefined || secret === undefined ? undefined : await openSealed(this.did, sealed, secret)
    if (opened === undefined) {
      throw new DecryptionError()
    }
    return opened
  }

  rotate(options?: RotateOptions): Promise<void> {
    return this.#holder.rotate(options)
  }

  async updateDocument({ services }: DocumentUpdate, options?: AbortOptions): Promise<void> {
    if (!areServices(services)) {
      throw new InvalidArgumentError(
        'services',
        'At most 16 services, each with an id that can be a fragment, a type, and a URI'
      )
    }
    const event = { kind: 'document', services: services.map(({ id, type, endpoint }) => ({ id, type, endpoint })) }
    await this.#holder.write(() => [event], options)
  }

  async close(): Promise<void> {
    this.unregister()
    await this.#holder.close()
  }
}
