import type { CipherSuite } from '@hpke/core'
import { concat } from 'uint8arrays/concat'
import { ed25519PublicKey, isValidEd25519Key, signEd25519, verifyEd25519 } from 'walytis'
import { AEAD_TAG_BYTES, type Kem, type MlDsa, SEED_BYTES } from '../primitives.ts'
import type { KeyMethod, Suite } from '../suite-interface.ts'

const ED25519_SIGNATURE_BYTES = 64

/** The parts of a suite whose classical key is Ed25519, as that of every block's signature is. */
export interface HybridSuiteParts {
  readonly number: number
  readonly strength: number
  readonly methods: Suite['methods']
  readonly mlDsa: MlDsa
  readonly mlDsaBytes: { readonly publicKeyBytes: number; readonly signatureBytes: number }
  readonly kem: Kem
  readonly kemBytes: { readonly publicKeyBytes: number; readonly ciphertextBytes: number }
  readonly hpke: CipherSuite
}

/** How Ed25519 keys stand in DID documents (https://github.com/multiformats/multicodec/blob/master/table.csv). */
export const ED25519_METHOD: KeyMethod = { fragment: 'ed25519', code: 0xed }

/** A suite of Ed25519 (RFC 8032, strict) with ML-DSA, a hybrid KEM, and HPKE over that. */
export function createHybridSuite(parts: HybridSuiteParts): Suite {
  const { number, strength, methods, mlDsa, mlDsaBytes, kem, kemBytes, hpke } = parts
  const signatureBytes = ED25519_SIGNATURE_BYTES + mlDsaBytes.signatureBytes
  return {
    number,
    strength,
    methods,
    derive: (secrets) => ({
      suite: number,
      classical: ed25519PublicKey(secrets.classical),
      postQuantum: mlDsa.publicKey(secrets.postQuantum),
      kem: kem.publicKey(secrets.kem),
      secrets
    }),
    validPublicKeys: (keys) =>
      keys.suite === number &&
      isValidEd25519Key(keys.classical) &&
      keys.postQuantum.length === mlDsaBytes.publicKeyBytes &&
      keys.kem.length === kemBytes.publicKeyBytes &&
      kem.encapsulate(keys.kem) !== undefined,
    sign: ({ secrets }, bytes) =>
      concat([signEd25519(secrets.classical, bytes), mlDsa.sign(secrets.postQuantum, bytes)]),
    verify: (keys, bytes, signature) =>
      keys.suite === number &&
      signature.length === signatureBytes &&
      verifyEd25519(keys.classical, bytes, signature.subarray(0, ED25519_SIGNATURE_BYTES)) &&
      mlDsa.verify(keys.postQuantum, bytes, signature.subarray(ED25519_SIGNATURE_BYTES)),
    signEvent: ({ secrets }, bytes) => mlDsa.sign(secrets.postQuantum, bytes),
    verifyEvent: (keys, bytes, signature) => keys.suite === number && mlDsa.verify(keys.postQuantum, bytes, signature),
    encapsulate: (publicKey) => kem.encapsulate(publicKey),
    decapsulate: (kemSecret, ciphertext) => kem.decapsulate(kemSecret, ciphertext),
    kemPublicKey: (kemSecret) => kem.publicKey(kemSecret),
    seal: async (publicKey, info, plaintext) => {
      if (publicKey.length !== kemBytes.publicKeyBytes) {
        return undefined
      }
      const recipientPublicKey = await hpke.kem.deserializePublicKey(publicKey)
      try {
        const { enc, ct } = await hpke.seal({ recipientPublicKey, info }, plaintext)
        return concat([new Uint8Array(enc), new Uint8Array(ct)])
      } catch {
        // a public key to which nothing can be encapsulated
        return undefined
      }
    },
    open: async (kemSecret, info, sealed) => {
      if (sealed.length < kemBytes.ciphertextBytes + AEAD_TAG_BYTES || kemSecret.length !== SEED_BYTES) {
        return undefined
      }
      const recipientKey = await hpke.kem.deserializePrivateKey(kemSecret)
      const enc = sealed.slice(0, kemBytes.ciphertextBytes)
      try {
        return new Uint8Array(await hpke.open({ recipientKey, enc, info }, sealed.slice(kemBytes.ciphertextBytes)))
      } catch {
        return undefined
      }
    }
  }
}
