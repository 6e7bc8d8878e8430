import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  decodeRegisterMessage,
  encodeRegisterMessage,
  MAX_GIVEN,
  MAX_HELD,
  type RegisterMessage
} from '../../src/registers/messages.ts'

const slot = new Uint8Array(16).fill(3)

it('messages about registers are read as they were written', () => {
  const messages: RegisterMessage[] = [
    { kind: 'have', held: [], more: false },
    { kind: 'have', held: [{ device: 'did:walytis:alice', slot, seq: 4 }], more: true },
    { kind: 'give', records: [Uint8Array.of(1, 2)] }
  ]
  for (const message of messages) {
    expect(decodeRegisterMessage(encodeRegisterMessage(message))).toEqual({ ok: true, message })
  }
})

it('F8 messages that break a rule are refused by its name', () => {
  const refused: [unknown, string][] = [
    ['no map', 'message-not-canonical'],
    [{ kind: 'want', held: [] }, 'message-kind'],
    [{ kind: 'have', held: [] }, 'message-fields'],
    [{ kind: 'have', held: [['did:walytis:alice', slot, 0]], more: false }, 'message-fields'],
    [{ kind: 'have', held: [['did:walytis:alice', slot.subarray(1), 1]], more: false }, 'message-fields'],
    [{ kind: 'have', held: Array(MAX_HELD + 1).fill(['d', slot, 1]), more: false }, 'message-fields'],
    [{ kind: 'give', records: Array(MAX_GIVEN + 1).fill(slot) }, 'message-fields'],
    [{ kind: 'give', records: ['text'] }, 'message-fields']
  ]
  for (const [value, rule] of refused) expect(decodeRegisterMessage(encode(value))).toEqual({ ok: false, rule })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (junk) => !decodeRegisterMessage(junk).ok))
})
