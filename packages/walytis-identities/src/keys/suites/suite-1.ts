import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { HkdfSha256 } from '@hpke/core'
import { primitives as platform } from '../backend.ts'
import { createHpke } from '../hpke.ts'
import { ML_DSA_65, type Primitives, X_WING } from '../primitives.ts'
import type { Suite } from '../suite-interface.ts'
import { createHybridSuite, ED25519_METHOD } from './hybrid-suite.ts'

/** X-Wing's number in HPKE's registry. */
const HPKE_ID = 0x647a
/** How X-Wing keys stand in DID documents: they have no multicodec, so HPKE's number in the range for private use (0x300000 on). */
const X_WING_METHOD = { fragment: 'x-wing', code: 0x300000 + HPKE_ID } as const

/**
 * Suite 1: Ed25519 with ML-DSA-65, X-Wing, and HPKE with X-Wing, HKDF-SHA256 and ChaCha20-Poly1305.
 * A hybrid signature is `Ed25519 (64 bytes) ‖ ML-DSA-65 (3309 bytes)` over the same bytes.
 */
export function createSuite1({ mlDsa65, xWing }: Primitives): Suite {
  return createHybridSuite({
    number: 1,
    strength: 1,
    methods: { classical: ED25519_METHOD, postQuantum: { fragment: 'ml-dsa-65', code: 0x1211 }, kem: X_WING_METHOD },
    mlDsa: mlDsa65,
    mlDsaBytes: ML_DSA_65,
    kem: xWing,
    kemBytes: X_WING,
    hpke: createHpke({ id: HPKE_ID, kem: xWing, ...X_WING }, new HkdfSha256(), new Chacha20Poly1305())
  })
}

/** Suite 1 on this platform. */
export const suite1: Suite = createSuite1(platform)
