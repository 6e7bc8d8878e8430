/** The platform's primitives beside noble's, called as the suites call them. Loaded by name by `benchmarks/src/groups/process.ts`. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { signEd25519, verifyEd25519 } from 'walytis'
import { primitives as native } from '../../src/keys/backend.ts'
import type { Primitives } from '../../src/keys/primitives.ts'
import { noblePrimitives as noble } from '../../src/keys/primitives-noble.ts'

const seed = new Uint8Array(32).fill(1)
const text = new Uint8Array(256).fill(2)
const large = new Uint8Array(64 * 1024).fill(3)
const nonce = new Uint8Array(12)
/** Milliseconds for each. */
const time = 300

export type Primitive = 'Ed25519 verify' | 'ML-DSA-65 verify' | 'X-Wing encapsulate' | 'ChaCha20-Poly1305, 64 KiB'

/** How often in a second: ours as the platform allows, and noble's. */
export function measure(): Record<Primitive, { ours: number; noble: number }> {
  const classical = { key: ed25519.getPublicKey(seed), signature: signEd25519(seed, text) }
  const both = (of: (one: Primitives) => () => unknown) => ({
    ours: perSecond(of(native)),
    noble: perSecond(of(noble))
  })
  return {
    'Ed25519 verify': {
      ours: perSecond(() => verifyEd25519(classical.key, text, classical.signature)),
      noble: perSecond(() => ed25519.verify(classical.signature, text, classical.key, { zip215: false }))
    },
    'ML-DSA-65 verify': both(({ mlDsa65 }) => {
      const [key, signature] = [mlDsa65.publicKey(seed), mlDsa65.sign(seed, text)]
      return () => mlDsa65.verify(key, text, signature)
    }),
    'X-Wing encapsulate': both(({ xWing }) => {
      const key = xWing.publicKey(seed)
      return () => xWing.encapsulate(key)
    }),
    'ChaCha20-Poly1305, 64 KiB': both(
      ({ chacha20Poly1305 }) =>
        () =>
          chacha20Poly1305.seal(seed, nonce, large)
    )
  }
}

export async function close(): Promise<void> {}

function perSecond(act: () => unknown): number {
  const began = performance.now()
  let done = 0
  let passed = 0
  for (; passed < time; passed = performance.now() - began) {
    if (act() === false) throw new RangeError('a good signature was refused')
    done++
  }
  return (done * 1000) / passed
}
