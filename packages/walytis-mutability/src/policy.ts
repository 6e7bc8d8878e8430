import { decodeCanonical, encodeCanonical, equalBytes, hasFields } from 'walytis'
import type { LayerSettings } from 'walytis/interface'
import { LAYER, MAX_POLICY_BYTES } from './constants.ts'
import { PolicyMismatchError, UnknownPolicyError } from './errors.ts'
import type { ChangePolicy } from './interface.ts'

type NamedPolicy = Pick<ChangePolicy, 'name' | 'parameters'>

/** The default: who wrote a block changes it. On chains of identities, from any of their devices. */
export const authorOnly: ChangePolicy = {
  name: 'author',
  parameters: new Uint8Array(),
  mayChange: (change, original) => change.author === original.author
}

/**
 * Authors change their own blocks, and moderators delete and restore everybody's. What a moderator deleted, its author neither
 * edits nor restores; another moderator does.
 *
 * @param authors who moderates: `Block.author` as the chain has it, a multikey on plain chains, a DID on chains of identities
 */
export function moderatedBy(authors: readonly string[]): ChangePolicy {
  const moderators = new Set(authors)
  return {
    name: 'moderated',
    parameters: encodeCanonical([...moderators].sort()),
    mayChange: (change, original, { latest }) => {
      if (moderators.has(change.author) && change.kind !== 'update') return true
      if (change.author !== original.author) return false
      const isModerator = moderators.has(change.author)
      return isModerator || !latest.some(({ kind, author }) => kind === 'delete' && moderators.has(author))
    }
  }
}

/**
 * What names a policy in a genesis, so that all nodes of the chain follow it: `walytis.create({ layers: inGenesis(policy) })`, or
 * `createGroup(…, { layers: inGenesis(policy) })`.
 */
export function inGenesis(policy: ChangePolicy): LayerSettings {
  return { [LAYER]: encodePolicy(policy) }
}

/**
 * The policy of a chain: the one that its genesis names, else the one that was given, else `authorOnly`.
 *
 * @throws {PolicyMismatchError}
 * @throws {UnknownPolicyError}
 */
export function policyOf(
  chain: { readonly id: string; readonly layers?: LayerSettings | undefined },
  given: ChangePolicy | undefined
): ChangePolicy {
  const named = chain.layers?.[LAYER]
  if (named === undefined) return given ?? authorOnly
  const said = decodePolicy(named)
  if (said === undefined) throw new UnknownPolicyError(chain.id)
  const policy = given ?? ownPolicy(said)
  if (policy === undefined || !equalBytes(encodePolicy(policy), named)) {
    throw new PolicyMismatchError(said.name, given?.name)
  }
  return policy
}

/** A policy of this package, by what a genesis says of it. Undefined for an application's. */
function ownPolicy({ name, parameters }: NamedPolicy): ChangePolicy | undefined {
  if (name === authorOnly.name) return authorOnly
  if (name !== 'moderated') return undefined
  const authors = decodeCanonical(parameters, MAX_POLICY_BYTES)
  const isList = Array.isArray(authors) && authors.every((author): author is string => typeof author === 'string')
  return isList ? moderatedBy(authors) : undefined
}

/** What a genesis says; undefined where it says nothing that can be read. */
function decodePolicy(bytes: Uint8Array): NamedPolicy | undefined {
  const value = decodeCanonical(bytes, MAX_POLICY_BYTES)
  if (!hasFields(value, ['name', 'parameters'])) return undefined
  const { name, parameters } = value
  return typeof name === 'string' && parameters instanceof Uint8Array ? { name, parameters } : undefined
}

/** A policy as the bytes that tell it from others: by its name and its parameters. */
export function encodePolicy({ name, parameters }: NamedPolicy): Uint8Array {
  return encodeCanonical({ name, parameters })
}
