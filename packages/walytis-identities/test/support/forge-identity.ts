import { createSigner } from 'walytis'
import type { SignedBlock } from 'walytis/interface'
import { createActor, type ForgedBlock, forgeBlock, forgeGenesis } from 'walytis/testing'
import { EVENT_TOPIC, IDENTITY_POLICY } from '../../src/constants.ts'
import { didOf } from '../../src/did.ts'
import { type EventPosition, encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { rotateEvent } from '../../src/identity/events.ts'
import { encodeInception } from '../../src/identity/inception.ts'
import type { Did } from '../../src/interface/did.ts'
import type { KeySetWithSecrets } from '../../src/keys/key-set.ts'
import { defaultSuite, suiteOf } from '../../src/keys/suite.ts'
import type { Suite } from '../../src/keys/suite-interface.ts'
import { drbg } from './handshake.ts'

/** Keys that follow from a name. */
export function keysOf(name: string, suite: Suite = defaultSuite): KeySetWithSecrets {
  const random = drbg(`keys of ${name}`)
  return suite.derive({ classical: random(32), postQuantum: random(32), kem: random(32) })
}

export interface ForgedIdentity {
  readonly did: Did
  readonly genesis: ForgedBlock
  readonly keys: KeySetWithSecrets
}

/** The genesis of an identity whose keys follow from a name; `parameters` and `signedBy` let it be wrong. */
export async function forgeIdentity(
  name: string,
  wrong: { readonly parameters?: Uint8Array; readonly signedBy?: KeySetWithSecrets } = {}
): Promise<ForgedIdentity> {
  const keys = keysOf(name)
  const signer = createSigner((wrong.signedBy ?? keys).secrets.classical)
  const policy = { name: IDENTITY_POLICY, parameters: wrong.parameters ?? encodeInception(keys) }
  const genesis = await forgeGenesis({ ...createActor(name), signer }, { access: 'custom', policy })
  return { did: didOf(genesis.signed.id), genesis, keys }
}

export interface ForgedEvents {
  readonly genesis: ForgedBlock
  readonly keys: KeySetWithSecrets
  readonly after: readonly ForgedBlock[]
  readonly prev?: ForgedBlock | undefined
  readonly build: (position: EventPosition) => RawEvent[]
  /** Keys for the post-quantum signature, when not the same. */
  readonly eventKeys?: KeySetWithSecrets
  /** What the signature says instead of where the block stands. */
  readonly elsewhere?: Partial<EventPosition>
  readonly topics?: string[]
  /** What to put in place of the content. */
  readonly content?: Uint8Array
}

/** A block of events by hand. */
export async function forgeEvents(init: ForgedEvents): Promise<ForgedBlock> {
  const topics = init.topics ?? [EVENT_TOPIC]
  const signer = createSigner(init.keys.secrets.classical)
  const parents = init.after.map(({ signed }) => signed)
  const place = { signer, genesis: init.genesis.signed, parents, prev: init.prev?.signed, topics }
  // a first block without content, only for its position
  const { signed } = await forgeBlock(place)
  const position = { ...positionOf(signed), topics }
  const keys = init.eventKeys ?? init.keys
  const content =
    init.content ??
    (await encodeEvents(init.build(position), { ...position, ...init.elsewhere }, (bytes) =>
      suiteOf(keys).signEvent(keys, bytes)
    ))
  return forgeBlock({ ...place, content })
}

/** A rotation to the keys of that name. */
export function rotation(to: string): (position: EventPosition) => RawEvent[] {
  return (position) => [rotateEvent(keysOf(to), position)]
}

/** A document event with one service of that id. */
export function document(id: string): () => RawEvent[] {
  return () => [{ kind: 'document', services: [{ id, type: 'T', endpoint: 'x:y' }] }]
}

function positionOf({ chain, parents, prev, seq, height }: SignedBlock) {
  return { chain, parents, prev, seq, height }
}
