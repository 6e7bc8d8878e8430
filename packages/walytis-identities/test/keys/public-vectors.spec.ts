import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, HkdfSha384 } from '@hpke/core'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expand, extract, hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { ml_kem1024_p384 } from '@noble/post-quantum/hybrid.js'
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { afterAll, describe, expect, it } from 'vitest'
import { primitives as node } from '../../src/keys/backend.ts'
import { createHpke } from '../../src/keys/hpke.ts'
import { ML_KEM_1024_P384, type Primitives, X_WING } from '../../src/keys/primitives.ts'
import { encapsulateWith, noblePrimitives as noble } from '../../src/keys/primitives-noble.ts'
import { mac } from '../../src/session/key-schedule.ts'
import { argon2idOf, bytes, type Case, partsOfNoble, partsOfNode, vectorFile } from '../support/public-vectors.ts'

/**
 * Published vectors against every primitive as this package calls it, by each implementation. What is invalid must be refused by an answer,
 * never by an exception. The number of cases is printed, file by file.
 */

const modernNode = Number(process.versions.node.split('.')[0]) >= 26
const implementations: [string, Primitives][] = [
  ['node', node],
  ['noble', noble]
]
const halves = ['x25519+768', 'p384+1024'] as const
const passed = new Map<string, string[]>()

afterAll(() => {
  const lines = [...passed].map(([file, by]) => `  ${file}: ${by.join(', ')}`)
  process.stdout.write(`Published vectors passed, by file:\n${lines.join('\n')}\n`)
})

/** Run all cases of a file; a failing one is named. */
async function all(file: string, by: string, check: (one: Case) => unknown): Promise<void> {
  const { cases } = vectorFile(file)
  expect(cases.length).toBeGreaterThan(0)
  for (const one of cases) {
    expect([file, one.id, await check(one)]).toEqual([file, one.id, true])
  }
  passed.set(file, [...(passed.get(file) ?? []), `${cases.length} (${by})`])
}

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.from(a).equals(b)

describe.each(implementations)('published vectors, by %s', (name, primitives) => {
  const mlDsa = { 65: primitives.mlDsa65, 87: primitives.mlDsa87 }

  it.each([65, 87] as const)('ML-DSA-%i: Wycheproof, ACVP', async (level) => {
    const { publicKeys = [] } = vectorFile(`wycheproof-ml-dsa-${level}`)
    const verifies = (one: Case, publicKey: Uint8Array) =>
      mlDsa[level].verify(publicKey, bytes(one, 'message'), bytes(one, 'signature')) ===
      // we sign and verify with an empty context: a signature for another one is none of ours
      (one['valid'] === true && one['context'] === '')
    await all(`wycheproof-ml-dsa-${level}`, name, (one) =>
      verifies(one, hexToBytes(publicKeys[Number(one['key'])] ?? ''))
    )
    await all(`acvp-ml-dsa-${level}-verification`, name, (one) => verifies(one, bytes(one, 'publicKey')))
    await all(`acvp-ml-dsa-${level}-keygen`, name, (one) =>
      same(mlDsa[level].publicKey(bytes(one, 'seed')), bytes(one, 'publicKey'))
    )
  })

  it('ChaCha20-Poly1305: Wycheproof, RFC 8439', async () => {
    const { seal, open } = primitives.chacha20Poly1305
    await all('wycheproof-chacha20-poly1305', name, (one) => {
      const [key, nonce, associated] = [bytes(one, 'key'), bytes(one, 'nonce'), bytes(one, 'associated')]
      const opened = open(key, nonce, bytes(one, 'sealed'), associated)
      return one['valid'] === true
        ? same(opened, bytes(one, 'plaintext')) &&
            same(seal(key, nonce, bytes(one, 'plaintext'), associated), bytes(one, 'sealed'))
        : opened === undefined
    })
  })

  it('Argon2id as it is called here, in one lane', async () => {
    const cases = vectorFile('argon2id').cases.filter(({ lanes }) => lanes === 1)
    expect(cases.length).toBeGreaterThan(1)
    for (const one of cases) {
      const cost = { memoryKiB: Number(one['memoryKiB']), passes: Number(one['passes']) }
      const derived = await primitives.argon2id(bytes(one, 'passphrase'), bytes(one, 'salt'), cost)
      expect(same(derived, bytes(one, 'output'))).toBe(true)
    }
    passed.set('argon2id', [...(passed.get('argon2id') ?? []), `${cases.length} (${name})`])
  })

  it('HPKE with X-Wing and with MLKEM1024-P384: decapsulation, key schedule, AEAD', async () => {
    const suites = new Map([
      [0x647a, { kem: primitives.xWing, sizes: X_WING, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() }],
      [0x51, { kem: primitives.mlKem1024P384, sizes: ML_KEM_1024_P384, kdf: new HkdfSha384(), aead: new Aes256Gcm() }]
    ])
    await all('hpke-pq', name, async (one) => {
      const suite = suites.get(Number(one['kem']))
      if (suite === undefined) {
        return false
      }
      const secret = suite.kem.decapsulate(bytes(one, 'skRm'), bytes(one, 'enc'))
      expect(same(secret, bytes(one, 'sharedSecret'))).toBe(true)
      expect(same(suite.kem.publicKey(bytes(one, 'skRm')), bytes(one, 'pkRm'))).toBe(true)
      const hpke = createHpke({ id: Number(one['kem']), kem: suite.kem, ...suite.sizes }, suite.kdf, suite.aead)
      return opensAll(hpke, one, await hpke.kem.deserializePrivateKey(bytes(one, 'skRm')))
    })
  })
})

const parts = [['node', partsOfNode] as const, ['noble', partsOfNoble] as const].filter(
  ([name]) => name === 'noble' || modernNode
)

describe.each(parts)('published vectors for the halves of the hybrid KEMs, by %s', (name, partsOf) => {
  const mlKems = { 768: partsOf(halves[0]).mlKem, 1024: partsOf(halves[1]).mlKem }

  it('X25519: Wycheproof, RFC 7748; a shared secret of zeros is refused', async () => {
    const { agree } = partsOf(halves[0])
    const check = (one: Case) => {
      const agreed = agree(bytes(one, 'private'), bytes(one, 'public'))
      return one['zero'] === true ? agreed === undefined : same(agreed, bytes(one, 'shared'))
    }
    await all('wycheproof-x25519', name, check)
    await all('rfc7748-x25519', name, check)
  })

  it('P-384: Wycheproof; other encodings than the uncompressed are refused', async () => {
    const { agree } = partsOf(halves[1])
    await all('wycheproof-p384', name, (one) => {
      // some of the secret keys are written with a sign byte, others without leading zeros
      const agreed = agree(scalarOf(bytes(one, 'private')), bytes(one, 'public'))
      return one['valid'] === true ? same(agreed, bytes(one, 'shared')) : agreed === undefined
    })
  })

  it.each([768, 1024] as const)('ML-KEM-%i: Wycheproof, ACVP', async (level) => {
    const mlKem = mlKems[level]
    await all(`wycheproof-ml-kem-${level}`, name, (one) => {
      const seed = bytes(one, 'seed')
      if (seed.length !== 64) {
        // our seeds have one length, by construction
        return one['valid'] === false
      }
      const secret = mlKem.decapsulate(seed, bytes(one, 'ciphertext'))
      return one['valid'] === true ? same(secret, bytes(one, 'secret')) : secret === undefined
    })
    await all(
      `wycheproof-ml-kem-${level}-keys`,
      name,
      (one) => mlKem.encapsulate(bytes(one, 'publicKey')) === undefined
    )
    await all(`acvp-ml-kem-${level}-keygen`, name, (one) =>
      same(mlKem.publicKey(bytes(one, 'seed')), bytes(one, 'publicKey'))
    )
  })
})

describe('published vectors for what only noble does', () => {
  it.each([768, 1024] as const)('ML-KEM-%i with given randomness and with expanded keys: ACVP', async (level) => {
    const mlKem = level === 768 ? ml_kem768 : ml_kem1024
    await all(`acvp-ml-kem-${level}-encapsulation`, 'noble', (one) => {
      const { cipherText, sharedSecret } = mlKem.encapsulate(bytes(one, 'publicKey'), bytes(one, 'randomness'))
      return same(cipherText, bytes(one, 'ciphertext')) && same(sharedSecret, bytes(one, 'secret'))
    })
    const { privateKeys = [] } = vectorFile(`acvp-ml-kem-${level}-decapsulation`)
    await all(`acvp-ml-kem-${level}-decapsulation`, 'noble', (one) =>
      same(
        mlKem.decapsulate(bytes(one, 'ciphertext'), hexToBytes(privateKeys[Number(one['key'])] ?? '')),
        bytes(one, 'secret')
      )
    )
  })

  it('hybrid KEMs with given randomness', async () => {
    await all('hpke-pq', 'noble, encapsulating', (one) => {
      const kem = Number(one['kem']) === 0x51 ? ml_kem1024_p384 : undefined
      const sent = encapsulateWith(bytes(one, 'pkRm'), bytes(one, 'ikmE'), kem)
      return same(sent?.ciphertext, bytes(one, 'enc')) && same(sent?.secret, bytes(one, 'sharedSecret'))
    })
  })

  it('HPKE base mode of RFC 9180, with the key schedule and AEAD of suite 1', async () => {
    const kem = new DhkemX25519HkdfSha256()
    const hpke = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })
    await all('hpke-rfc9180', 'noble', async (one) =>
      opensAll(hpke, one, await kem.importKey('raw', new Uint8Array(bytes(one, 'skRm')).buffer, false))
    )
  })

  it('XChaCha20-Poly1305: Wycheproof', async () => {
    await all('wycheproof-xchacha20-poly1305', 'noble', (one) => {
      const nonce = bytes(one, 'nonce')
      if (nonce.length !== 24) {
        // our nonces have one length, by construction
        return one['valid'] === false
      }
      const cipher = () => xchacha20poly1305(bytes(one, 'key'), nonce, bytes(one, 'associated'))
      if (one['valid'] === true) {
        return (
          same(cipher().decrypt(bytes(one, 'sealed')), bytes(one, 'plaintext')) &&
          same(cipher().encrypt(bytes(one, 'plaintext')), bytes(one, 'sealed'))
        )
      }
      expect(() => cipher().decrypt(bytes(one, 'sealed'))).toThrow()
      return true
    })
  })

  it('HKDF and HMAC with SHA-256: Wycheproof, RFC 5869', async () => {
    await all('wycheproof-hkdf-sha256', 'noble', (one) => {
      const [ikm, salt, info, size] = [bytes(one, 'ikm'), bytes(one, 'salt'), bytes(one, 'info'), Number(one['size'])]
      if (one['valid'] === false) {
        expect(() => hkdf(sha256, ikm, salt, info, size)).toThrow()
        return true
      }
      const okm = bytes(one, 'okm')
      return (
        same(hkdf(sha256, ikm, salt, info, size), okm) &&
        same(expand(sha256, extract(sha256, ikm, salt), info, size), okm)
      )
    })
    await all(
      'wycheproof-hmac-sha256',
      'noble',
      (one) => same(mac(bytes(one, 'key'), bytes(one, 'message')), bytes(one, 'tag')) === one['valid']
    )
  })

  it('Argon2id with all its inputs: RFC 9106 §5.3', () => {
    const one = vectorFile('argon2id').cases.find(({ lanes }) => lanes === 4)
    expect(one).toBeDefined()
    if (one !== undefined) {
      expect(same(argon2idOf(one), bytes(one, 'output'))).toBe(true)
      passed.set('argon2id', [...(passed.get('argon2id') ?? []), '1 (RFC 9106, noble)'])
    }
  })
})

interface Encryption {
  readonly aad: string
  readonly ct: string
  readonly pt: string
}

/** Whether the messages of a case open in their order. */
async function opensAll(hpke: CipherSuite, one: Case, recipientKey: CryptoKey): Promise<boolean> {
  const context = await hpke.createRecipientContext({ recipientKey, enc: bytes(one, 'enc'), info: bytes(one, 'info') })
  const encryptions = one['encryptions'] as unknown as readonly Encryption[]
  for (const { aad, ct, pt } of encryptions) {
    if (!same(new Uint8Array(await context.open(hexToBytes(ct), hexToBytes(aad))), hexToBytes(pt))) {
      return false
    }
  }
  return encryptions.length > 0
}

function scalarOf(secretKey: Uint8Array): Uint8Array {
  const scalar = new Uint8Array(48)
  const digits = secretKey.subarray(Math.max(0, secretKey.length - 48))
  scalar.set(digits, 48 - digits.length)
  return scalar
}
