import { type AeadInterface, CipherSuite, type KdfInterface, type KemInterface } from '@hpke/core'
import { InvalidArgumentError } from '../errors.ts'
import type { Kem } from './primitives.ts'

/**
 * HPKE (RFC 9180) by `@hpke/core`, over this platform's KEMs. Only what single-shot sealing in base mode needs: keys come in as bytes, and are
 * made elsewhere.
 */

/** A KEM as HPKE's registry knows it (https://www.iana.org/assignments/hpke). */
export interface HpkeKem {
  readonly id: number
  readonly kem: Kem
  readonly publicKeyBytes: number
  readonly ciphertextBytes: number
}

/** A cipher suite over a hybrid KEM with 32-byte seeds as private keys. */
export function createHpke(kem: HpkeKem, kdf: KdfInterface, aead: AeadInterface): CipherSuite {
  return new CipherSuite({ kem: new SeededKem(kem), kdf, aead })
}

const SECRET_BYTES = 32

/** Bytes behind the interface of a `CryptoKey`, which is how `@hpke/core` hands keys about. */
class RawKey implements CryptoKey {
  readonly algorithm = { name: 'raw' }
  readonly extractable = true
  readonly type: 'public' | 'private'
  readonly usages: CryptoKey['usages'] = []
  readonly bytes: Uint8Array

  constructor(type: 'public' | 'private', bytes: Uint8Array) {
    this.type = type
    this.bytes = bytes
  }
}

class SeededKem implements KemInterface {
  readonly id: KemInterface['id']
  readonly secretSize = SECRET_BYTES
  readonly encSize: number
  readonly publicKeySize: number
  readonly privateKeySize = 32
  readonly #kem: Kem

  constructor({ id, kem, publicKeyBytes, ciphertextBytes }: HpkeKem) {
    // the library names fewer KEMs than the registry; it only writes the number into the context
    this.id = id as KemInterface['id']
    this.encSize = ciphertextBytes
    this.publicKeySize = publicKeyBytes
    this.#kem = kem
  }

  async deserializePublicKey(key: ArrayBufferLike | ArrayBufferView): Promise<CryptoKey> {
    return new RawKey('public', bytesOf(key))
  }

  async deserializePrivateKey(key: ArrayBufferLike | ArrayBufferView): Promise<CryptoKey> {
    return new RawKey('private', bytesOf(key))
  }

  async serializePublicKey(key: CryptoKey): Promise<ArrayBuffer> {
    return bufferOf(rawOf(key))
  }

  async serializePrivateKey(key: CryptoKey): Promise<ArrayBuffer> {
    return bufferOf(rawOf(key))
  }

  async encap({ recipientPublicKey }: Parameters<KemInterface['encap']>[0]) {
    const { secret, ciphertext } = this.#kem.encapsulate(rawOf(recipientPublicKey)) ?? refuse('recipientPublicKey')
    return { sharedSecret: bufferOf(secret), enc: bufferOf(ciphertext) }
  }

  async decap({ recipientKey, enc }: Parameters<KemInterface['decap']>[0]): Promise<ArrayBuffer> {
    const key = 'privateKey' in recipientKey ? recipientKey.privateKey : recipientKey
    return bufferOf(this.#kem.decapsulate(rawOf(key), bytesOf(enc)) ?? refuse('enc'))
  }

  importKey(): Promise<CryptoKey> {
    return refuse('importKey')
  }

  generateKeyPair(): Promise<CryptoKeyPair> {
    return refuse('generateKeyPair')
  }

  deriveKeyPair(): Promise<CryptoKeyPair> {
    return refuse('deriveKeyPair')
  }
}

function rawOf(key: CryptoKey): Uint8Array {
  return key instanceof RawKey ? key.bytes : refuse('key')
}

function bytesOf(key: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(key) ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength) : new Uint8Array(key)
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function refuse(what: string): never {
  throw new InvalidArgumentError(what, `HPKE: ${what} can't be used`)
}
