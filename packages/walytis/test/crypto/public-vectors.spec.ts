import { readFileSync } from 'node:fs'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import * as noble from '../../src/crypto/backend.browser.ts'
import * as native from '../../src/crypto/backend.ts'
import { ed25519PublicKey, isValidEd25519Key, signEd25519, verifyEd25519 } from '../../src/crypto/ed25519.ts'

/** Published vectors for Ed25519, by both implementations; `fixtures/vectors/README.md` says where they come from. */

interface Case {
  readonly id: number
  readonly publicKey: string
  readonly message: string
  readonly signature: string
  readonly seed?: string
  readonly valid?: boolean
}

function casesOf(name: string): readonly Case[] {
  const text = readFileSync(new URL(`../fixtures/vectors/${name}.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { cases: Case[] }).cases
}

function bytesOf({ publicKey, message, signature }: Pick<Case, 'publicKey' | 'message' | 'signature'>) {
  return { publicKey: hexToBytes(publicKey), message: hexToBytes(message), signature: hexToBytes(signature) }
}

describe.each([
  ['node', native],
  ['noble', noble]
])('published vectors for Ed25519, by %s', (name, backend) => {
  it('Wycheproof: accepts what is valid, refuses everything else', () => {
    const cases = casesOf('wycheproof-ed25519')
    for (const { id, valid, ...one } of cases) {
      const { publicKey, message, signature } = bytesOf(one)
      expect([id, verifyEd25519(publicKey, message, signature)]).toEqual([id, valid])
      const accepted =
        signature.length === 64 &&
        isValidEd25519Key(publicKey) &&
        backend.createVerifier(publicKey).verify(message, signature)
      expect([id, accepted]).toEqual([id, valid])
    }
    process.stdout.write(`Published vectors passed: wycheproof-ed25519: ${cases.length} (${name})\n`)
  })

  it('RFC 8032: signs and verifies as the reference implementation does', () => {
    const cases = casesOf('rfc8032-ed25519')
    for (const { id, ...one } of cases) {
      const { publicKey, message, signature } = bytesOf(one)
      const seed = hexToBytes(one.seed ?? '')
      expect([id, ed25519PublicKey(seed)]).toEqual([id, publicKey])
      expect([id, signEd25519(seed, message)]).toEqual([id, signature])
      expect([id, backend.createMessageSigner(seed)(message)]).toEqual([id, signature])
      expect([id, backend.createVerifier(publicKey).verify(message, signature)]).toEqual([id, true])
    }
    process.stdout.write(`Published vectors passed: rfc8032-ed25519: ${cases.length} (${name})\n`)
  })
})
