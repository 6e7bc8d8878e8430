import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { ed25519PublicKey, signEd25519, verifyEd25519 } from 'walytis'
import { findSuite, suiteOf } from '../../../src/keys/suite.ts'
import { suite1 } from '../../../src/keys/suites/suite-1.ts'
import { drbg } from '../../support/handshake.ts'

const random = drbg('suite 1')
const keys = suite1.derive({ classical: random(32), postQuantum: random(32), kem: random(32) })
const message = new TextEncoder().encode('hybrid')
const empty = new Uint8Array()

describe('suite 1', () => {
  it('R9 verifies a signature only when both halves verify', () => {
    const signature = suite1.sign(keys, message)
    expect(signature).toHaveLength(64 + 3309)
    expect(suite1.verify(keys, message, signature)).toBe(true)
    const other = suite1.derive({ classical: random(32), postQuantum: random(32), kem: random(32) })
    const foreign = suite1.sign(other, message)
    const halves = [
      [signature.subarray(0, 64), foreign.subarray(64)],
      [foreign.subarray(0, 64), signature.subarray(64)],
      [signature.subarray(0, 64), empty],
      [empty, signature.subarray(64)],
      [new Uint8Array(64), signature.subarray(64)],
      [signature.subarray(0, 64), new Uint8Array(3309)]
    ]
    for (const parts of halves) {
      expect(suite1.verify(keys, message, new Uint8Array(Buffer.concat(parts)))).toBe(false)
    }
  })

  it('R9 takes no key set with a part missing, short, long, or of another suite', () => {
    expect(suite1.validPublicKeys(keys)).toBe(true)
    const partial = [
      { ...keys, classical: empty },
      { ...keys, postQuantum: empty },
      { ...keys, kem: empty },
      { ...keys, classical: new Uint8Array(32) },
      { ...keys, postQuantum: keys.postQuantum.subarray(1) },
      { ...keys, kem: new Uint8Array(1216).fill(255) },
      { ...keys, suite: 2 }
    ]
    for (const one of partial) {
      expect(suite1.validPublicKeys(one)).toBe(false)
    }
    expect(findSuite(2)).toBeUndefined()
    expect(() => suiteOf({ suite: 2 })).toThrow(expect.objectContaining({ name: 'UnknownSuiteError', suite: 2 }))
  })

  it('gives the vectors of RFC 8032 §7.1 (Ed25519)', () => {
    const vectors = [
      [
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
      ],
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
      ]
    ]
    for (const [secret = '', publicKey = '', text = '', signature = ''] of vectors) {
      expect(ed25519PublicKey(hexToBytes(secret))).toEqual(hexToBytes(publicKey))
      expect(signEd25519(hexToBytes(secret), hexToBytes(text))).toEqual(hexToBytes(signature))
      expect(verifyEd25519(hexToBytes(publicKey), hexToBytes(text), hexToBytes(signature))).toBe(true)
    }
  })

  it('seals so that only the holder of the key, and only for that info, opens it', async () => {
    const info = new TextEncoder().encode('info')
    const sealed = (await suite1.seal(keys.kem, info, message)) ?? empty
    expect(await suite1.open(keys.secrets.kem, info, sealed)).toEqual(message)
    expect(await suite1.open(keys.secrets.kem, message, sealed)).toBeUndefined()
    expect(await suite1.open(random(32), info, sealed)).toBeUndefined()
    expect(await suite1.open(keys.secrets.kem, info, sealed.subarray(0, 1130))).toBeUndefined()
    expect(await suite1.open(empty, info, sealed)).toBeUndefined()
    expect(await suite1.seal(empty, info, message)).toBeUndefined()
    expect(await suite1.seal(new Uint8Array(1216).fill(255), info, message)).toBeUndefined()
  })

  it('seals by a library that gives the vector of RFC 9180 §A.2.1 (X25519, HKDF-SHA256, ChaCha20-Poly1305)', async () => {
    const hpke = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Chacha20Poly1305()
    })
    const recipientKey = await hpke.kem.deserializePrivateKey(
      hexToBytes('8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb')
    )
    const opened = await hpke.open(
      {
        recipientKey,
        enc: hexToBytes('1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a'),
        info: hexToBytes('4f6465206f6e2061204772656369616e2055726e')
      },
      hexToBytes('1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28'),
      hexToBytes('436f756e742d30')
    )
    expect(new TextDecoder().decode(opened)).toBe('Beauty is truth, truth beauty')
  })
})
