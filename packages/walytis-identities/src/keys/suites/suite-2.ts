import { Aes256Gcm, HkdfSha384 } from '@hpke/core'
import { primitives as platform } from '../backend.ts'
import { createHpke } from '../hpke.ts'
import { ML_DSA_87, ML_KEM_1024_P384, type Primitives } from '../primitives.ts'
import type { Suite } from '../suite-interface.ts'
import { createHybridSuite, ED25519_METHOD } from './hybrid-suite.ts'

/** MLKEM1024-P384's number in HPKE's registry. */
const HPKE_ID = 0x51

/**
 * Suite 2: Ed25519 with ML-DSA-87, MLKEM1024-P384, and HPKE with that, HKDF-SHA384 and AES-256-GCM. Its post-quantum parts are of category 5,
 * suite 1's of category 3. A hybrid signature is `Ed25519 (64 bytes) ‖ ML-DSA-87 (4627 bytes)`.
 */
export function createSuite2({ mlDsa87, mlKem1024P384 }: Primitives): Suite {
  return createHybridSuite({
    number: 2,
    strength: 2,
    methods: {
      classical: ED25519_METHOD,
      postQuantum: { fragment: 'ml-dsa-87', code: 0x1212 },
      kem: { fragment: 'mlkem1024-p384', code: 0x300000 + HPKE_ID }
    },
    mlDsa: mlDsa87,
    mlDsaBytes: ML_DSA_87,
    kem: mlKem1024P384,
    kemBytes: ML_KEM_1024_P384,
    hpke: createHpke({ id: HPKE_ID, kem: mlKem1024P384, ...ML_KEM_1024_P384 }, new HkdfSha384(), new Aes256Gcm())
  })
}

/** Suite 2 on this platform. */
export const suite2: Suite = createSuite2(platform)
