/**
 * The order of the code: which package stands on which, and inside each package the rows of its tree. A file imports only
 * from its own row and from rows above it. A name is a file (without `.ts`) or a folder directly under `src`; every one
 * must have its place here, so adding a file at the top of a package is a decision about layers.
 */

/** For each package, the packages of the workspace that it may import, by npm name. */
export const standsOn: Record<string, string[]> = {
  walytis: [],
  'walytis-identities': ['walytis'],
  'walytis-offchain': ['walytis', 'walytis-identities'],
  'walytis-mutability': ['walytis'],
  endra: ['walytis', 'walytis-identities', 'walytis-offchain', 'walytis-mutability']
}

/** The rows of each package's `src`, from the bottom of the stack (imported by all) to the top. */
export const rows: Record<string, string[][]> = {
  walytis: [
    ['interface'],
    ['constants', 'errors', 'domains'],
    ['canonical'],
    ['crypto'],
    ['block'],
    ['graph'],
    ['storage'],
    ['replica'],
    ['sync'],
    ['membership'],
    ['policy', 'chain-factory', 'change-log', 'consumer'],
    ['blockchain'],
    ['walytis'],
    ['index'],
    ['testing']
  ],
  'walytis-identities': [
    ['interface'],
    ['constants', 'errors', 'domains'],
    ['encoding', 'did'],
    ['keys'],
    ['events'],
    ['device'],
    ['state'],
    ['document', 'resolver'],
    ['session'],
    ['members'],
    ['identity'],
    ['group'],
    ['index']
  ],
  'walytis-offchain': [
    ['interface'],
    ['constants', 'errors', 'domains'],
    ['platform'],
    ['reference'],
    ['envelope'],
    ['store'],
    ['exchange'],
    ['registers', 'topic-index'],
    ['private-blockchain'],
    ['index']
  ],
  'walytis-mutability': [
    ['interface'],
    ['constants', 'errors'],
    ['permission'],
    ['operations'],
    ['state'],
    ['mutable-blockchain'],
    ['index']
  ],
  endra: [
    ['interface'],
    ['constants', 'errors'],
    ['canonical', 'deadline', 'did', 'names', 'node', 'peers'],
    ['invitation', 'link-protocol', 'registry', 'state-hash'],
    ['content'],
    ['cards', 'message'],
    ['vault'],
    ['chat-follower', 'chat'],
    ['contacts', 'devices'],
    ['chats'],
    ['profile'],
    ['link'],
    ['profiles'],
    ['endra'],
    ['index']
  ]
}

/** Parts that hold types only: they import nothing but types, so that whoever depends on them depends on no code. */
export const typesOnly = ['interface']
