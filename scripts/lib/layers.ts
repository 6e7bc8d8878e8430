/**
 * The order of the code: which package stands on which, and inside each package the rows of its tree. A file imports only
 * from its own row and from rows before it. An entry is a file or a folder directly under `src`; `x/` is only the folder and
 * `x.ts` only the file, where both exist. Every one must have its place here, so adding one is a decision about layers.
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
    ['constants', 'errors', 'domains', 'bytes', 'canonical', 'timers', 'randomness', 'in-turn', 'places', 'pace'],
    ['crypto'],
    ['replica', 'policy'],
    ['block'],
    ['graph'],
    ['storage'],
    ['relays'],
    ['transports'],
    ['node-key', 'libp2p-options', 'public-blocks'],
    ['change-log', 'query', 'consumer'],
    ['sync'],
    ['content'],
    ['chain'],
    ['blockchain'],
    ['managed-chain', 'chain-factory'],
    ['membership'],
    ['chain-network'],
    ['running'],
    ['walytis-init', 'walytis'],
    ['testing'],
    ['index']
  ],
  'walytis-identities': [
    ['interface'],
    ['constants', 'errors', 'group-constants', 'group-domains', 'group-errors', 'encoding'],
    ['domains', 'did', 'principals', 'evidence'],
    ['keys'],
    ['events', 'device'],
    ['identity/'],
    ['document', 'resolver', 'safety-number'],
    ['identity.ts', 'backup-format'],
    ['backup'],
    ['state'],
    ['session'],
    // One concept in two folders: how members come, and what the group then is. No cycles between their files.
    ['members', 'group/'],
    ['group.ts'],
    ['index']
  ],
  'walytis-offchain': [
    ['interface'],
    ['constants', 'errors', 'domains', 'platform'],
    ['invitation', 'on-chain', 'parsed-id'],
    ['reference'],
    ['envelope'],
    ['store'],
    ['exchange'],
    ['private-block', 'reader', 'registers', 'consumed-log', 'writing', 'large-writing', 'large-reader'],
    ['adding', 'contents', 'consumers', 'large-contents', 'demand', 'intake', 'queries', 'reindexing'],
    ['following', 'announcements', 'asking'],
    ['private-blockchain'],
    ['index']
  ],
  'walytis-mutability': [
    ['constants', 'errors'],
    ['interface'],
    ['operations', 'policy'],
    ['state', 'queries'],
    ['storage'],
    ['change-index', 'mutable-block', 'content-seeker'],
    ['change-follower'],
    ['mutable-blockchain'],
    ['index']
  ],
  endra: [
    ['interface'],
    ['constants', 'canonical', 'closing', 'did', 'peers', 'background'],
    ['errors', 'deadline', 'names', 'state-hash', 'member-devices'],
    ['invitation', 'joins', 'link-protocol', 'registry'],
    ['content'],
    ['attachments'],
    ['messages', 'cards', 'signals'],
    ['node', 'state', 'sealed-rows'],
    ['vault'],
    ['contacts', 'devices', 'chat-cards', 'chat-info', 'chat-members', 'chat-side', 'chat-follower'],
    ['chat-news'],
    ['chat', 'search'],
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
