import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, HkdfSha256 } from '@hpke/core'
import { XWing } from '@hpke/hybridkem-x-wing'
import { concat } from 'uint8arrays/concat'
import { ed25519PublicKey, isValidEd25519Key, signEd25519, verifyEd25519 } from 'walytis'
import { primitives as platform } from '../backend.ts'
import {
  ML_DSA_65_PUBLIC_KEY_BYTES,
  ML_DSA_65_SIGNATURE_BYTES,
  type Primitives,
  SEED_BYTES,
  X_WING_CIPHERTEXT_BYTES,
  X_WING_PUBLIC_KEY_BYTES
} from '../primitives.ts'
import type { Suite } from '../suite-interface.ts'

const ED25519_SIGNATURE_BYTES = 64
const TAG_BYTES = 16

/**
 * Suite 1: Ed25519 (RFC 8032, strict) with ML-DSA-65 (FIPS 204), X-Wing, and HPKE (RFC 9180) with X-Wing, HKDF-SHA256 and ChaCha20-Poly1305.
 * A hybrid signature is `Ed25519 (64 bytes) ‖ ML-DSA-65 (3309 bytes)` over the same bytes.
 */
function createSuite1({ mlDsa65, xWing }: Primitives): Suite {
  const hpke = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })

  const suite: Suite = {
    number: 1,
    strength: 1,
    derive: (secrets) => ({
      suite: 1,
      classical: ed25519PublicKey(secrets.classical),
      postQuantum: mlDsa65.publicKey(secrets.postQuantum),
      kem: xWing.publicKey(secrets.kem),
      secrets
    }),
    validPublicKeys: (keys) =>
      keys.suite === 1 &&
      isValidEd25519Key(keys.classical) &&
      keys.postQuantum.length === ML_DSA_65_PUBLIC_KEY_BYTES &&
      keys.kem.length === X_WING_PUBLIC_KEY_BYTES &&
      xWing.encapsulate(keys.kem) !== undefined,
    sign: ({ secrets }, bytes) =>
      concat([signEd25519(secrets.classical, bytes), mlDsa65.sign(secrets.postQuantum, bytes)]),
    verify: (keys, bytes, signature) =>
      keys.suite === 1 &&
      signature.length === ED25519_SIGNATURE_BYTES + ML_DSA_65_SIGNATURE_BYTES &&
      verifyEd25519(keys.classical, bytes, signature.subarray(0, ED25519_SIGNATURE_BYTES)) &&
      mlDsa65.verify(keys.postQuantum, bytes, signature.subarray(ED25519_SIGNATURE_BYTES)),
    signEvent: ({ secrets }, bytes) => mlDsa65.sign(secrets.postQuantum, bytes),
    verifyEvent: (keys, bytes, signature) => keys.suite === 1 && mlDsa65.verify(keys.postQuantum, bytes, signature),
    encapsulate: (kem) => xWing.encapsulate(kem),
    decapsulate: (kemSecret, ciphertext) => xWing.decapsulate(kemSecret, ciphertext),
    kemPublicKey: (kemSecret) => xWing.publicKey(kemSecret),
    seal: async (kem, info, plaintext) => {
      if (xWing.encapsulate(kem) === undefined) {
        return undefined
      }
      const recipientPublicKey = await hpke.kem.deserializePublicKey(kem)
      const { enc, ct } = await hpke.seal({ recipientPublicKey, info }, plaintext)
      return concat([new Uint8Array(enc), new Uint8Array(ct)])
    },
    open: async (kemSecret, info, sealed) => {
      if (sealed.length < X_WING_CIPHERTEXT_BYTES + TAG_BYTES || kemSecret.length !== SEED_BYTES) {
        return undefined
      }
      const recipientKey = await hpke.kem.deserializePrivateKey(kemSecret)
      const enc = sealed.slice(0, X_WING_CIPHERTEXT_BYTES)
      const ciphertext = sealed.slice(X_WING_CIPHERTEXT_BYTES)
      try {
        return new Uint8Array(await hpke.open({ recipientKey, enc, info }, ciphertext))
      } catch {
        return undefined
      }
    }
  }
  return suite
}

/** Suite 1 on this platform. */
export const suite1: Suite = createSuite1(platform)
