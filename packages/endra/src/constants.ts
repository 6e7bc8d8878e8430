/** Version of every record that endra itself encodes: messages, vault records, invitations, registry, link protocol. */
export const FORMAT_VERSION = 1
/** Layout of what this package keeps in the key store; a newer one is not opened. */
export const STORE_VERSION = 1

/**
 * Most bytes of an encoded message. Sealed content of up to 256 KiB travels with its block, so a message always arrives
 * together with its block; half of that leaves room for sealing and for what later versions add. Larger things are attachments.
 */
export const MAX_MESSAGE_BYTES = 128 * 1024
/** Most parts of one message. */
export const MAX_PARTS = 64
/** Most UTF-8 bytes of a part's id. */
export const MAX_PART_ID_BYTES = 64
/** Most UTF-8 bytes of a media type (RFC 6838 §4.2 allows 127 for each half; real ones are far shorter). */
export const MAX_MEDIA_TYPE_BYTES = 128
/** Most users that one message addresses. */
export const MAX_MENTIONS = 64
/** Most bytes of the media type of a registered type: with what stands before it, a topic has at most 128. */
export const MAX_TYPE_BYTES = 96
/** Most UTF-8 bytes of a reaction: the longest emoji sequences of Unicode have some 40. */
export const MAX_EMOJI_BYTES = 64
/** Most reactions to one message that are looked at, the first ones in canonical order: whoever floods one message slows down nobody. */
export const MAX_REACTIONS = 1_000
/** Most UTF-8 bytes of a part's kind. */
export const MAX_KIND_BYTES = 64
/** Deepest nesting of maps and lists in a record: bounds the stack of whoever walks it. */
export const MAX_DEPTH = 16
/** Most UTF-8 bytes of a name or a title. */
export const MAX_NAME_BYTES = 256
/** Most bytes of a picture of a user or chat: it is written again for each newcomer, so it is to be a small one. */
export const MAX_PICTURE_BYTES = 32 * 1024
/** Most UTF-8 bytes of what a user says about itself. */
export const MAX_ABOUT_BYTES = 1024
/** Most bytes of a record in the vault: the profile's own has a picture. */
export const MAX_VAULT_RECORD_BYTES = 48 * 1024
/** Most bytes of a profile card. */
export const MAX_CARD_BYTES = 48 * 1024
/** Most bytes of a message of the link protocol. */
export const MAX_LINK_MESSAGE_BYTES = 4 * 1024
/** Most characters of an invitation, whitespace taken out. */
export const MAX_INVITATION_CHARACTERS = 16 * 1024
/** Most blocks that a mark names: what somebody has, or has read, is these blocks and all before them. As many as a block has parents. */
export const MAX_FRONTIER = 16
/** Most unread messages of a chat that are counted. */
export const MAX_UNREAD = 1_000
/** Most bytes of a draft, of a signal, and of what is kept of a chat's marks. */
export const MAX_DRAFT_BYTES = 64 * 1024
export const MAX_SIGNAL_BYTES = MAX_DRAFT_BYTES + 8 * 1024
export const MAX_MARKS_BYTES = 1024 * 1024
/** Most devices of one chat whose marks are kept. */
export const MAX_MARKED_DEVICES = 512
/** Version of how text is taken apart for the search: an index of another version is made anew. */
export const SEARCH_VERSION = 1
/** Most characters of one message that are searched, and of what is searched for. */
export const MAX_SEARCHED_CHARACTERS = 32 * 1024
export const MAX_QUERY_CHARACTERS = 256
/** Most messages found that one search gives unless it asks for another number. */
export const SEARCH_LIMIT = 100
/** Blocks after which an index is kept anew: writing it takes longer than reading so many again after a crash. */
export const KEEP_INDEX_AFTER = 500
/** Most messages whose index stays in memory after a search; the others' is read from the disk again. */
export const MAX_INDEXED_IN_MEMORY = 20_000

/** Contents up to here travel with their blocks: messages do, whatever is fetched of attachments. */
export const MAX_INLINE_BYTES = 256 * 1024
/** Most bytes of an attachment: the largest content of a sealed chain. */
export const MAX_ATTACHMENT_BYTES = 2 ** 38
/** Attachments that are fetched before somebody opens them, unless the application says otherwise: who floods a chat fills no disk at once. */
export const FETCH_UP_TO_BYTES = 64 * 1024 * 1024

/** What an invitation begins with. */
export const INVITATION_PREFIX = 'endra:'

/** Topic of blocks that are messages, in a chat's chain. */
export const TOPIC_MESSAGE = 'endra:message'
/** Topic of blocks that are attachments, in a chat's sealed chain. */
export const TOPIC_ATTACHMENT = 'endra:attachment'
/** Topic of blocks that carry a profile card, in a chat's chain. */
export const TOPIC_CARD = 'endra:profile-card'
/** What the topics of messages of registered types begin with; the media type follows. */
export const TYPE_TOPIC_PREFIX = 'endra:type:'
/** What the topic begins with by which everything about one message is found; the message's id follows. */
export const ABOUT_TOPIC_PREFIX = 'endra:about:'
/** Topic of the vault's records. */
export const TOPIC_VAULT = 'endra:vault'

/** Media type of the part that says how a member wants to be called. */
export const CARD_MEDIA_TYPE = 'application/vnd.endra.profile-card+cbor'
/** Media type of a chat's title and picture. */
export const CHAT_INFO_MEDIA_TYPE = 'application/vnd.endra.chat-info+cbor'
/** Media type of reactions. */
export const REACTION_MEDIA_TYPE = 'application/vnd.endra.reaction+cbor'
/** Media types that begin so are endra's own. */
export const RESERVED_TYPE_PREFIX = 'application/vnd.endra.'

/** Protocol by which a new device of a profile learns which vault is the profile's. Spoken on the user group's sessions. */
export const PROFILE_PROTOCOL = '/endra/profile/1.0.0'
/** Protocol by which the devices of a chat tell each other what they have and have read, and who is typing. Spoken on the chat group's sessions. */
export const SIGNALS_PROTOCOL = '/endra/signals/1.0.0'
/** Register of a chat's chain in which each device leaves what it has and has read. */
export const STATE_REGISTER = 'endra/state'

/** Hashing context of `Chat.stateHash`. */
export const STATE_HASH_DOMAIN = 'endra/state-hash/1\0'
/** Hashing context of the check value in an invitation. */
export const INVITATION_DOMAIN = 'endra/invitation/1\0'

/** A device link lives at most this long: it makes whoever uses it a device of the profile. */
export const DEVICE_LINK_MS = 10 * 60 * 1000
/** How long an invitation to a chat lives unless the caller says otherwise. */
export const CHAT_INVITATION_MS = 24 * 60 * 60 * 1000

/** Deadline of one exchange with another device: a dial, a handshake, a question. */
export const EXCHANGE_DEADLINE_MS = 20_000
/** Deadline of joining or fetching one chain whose size is not known beforehand. */
export const REPLICATE_DEADLINE_MS = 120_000
/** Deadline of one `sync`. */
export const SYNC_DEADLINE_MS = 60_000
/** First and longest pause before a chat that could not be fetched is asked for again, unless something changes before. */
export const RETRY_MIN_MS = 1_000
export const RETRY_MAX_MS = 60_000
/** A device tells the others what it has and has read at most this often. */
export const STATE_PAUSE_MS = 1_000
/** A device leaves its state with the others, for those whom it does not meet, at most this often. */
export const REGISTER_PAUSE_MS = 10_000
/** What others told of themselves is on the disk after at most this long: who crashes is told again. */
export const MARKS_PAUSE_MS = 5_000
/** A device says that its user is typing at most this often, and who says so is shown as typing for twice as long. */
export const TYPING_PAUSE_MS = 3_000
/** Signals that are taken from one device: so many at once, and so many a second in the long run. */
export const SIGNAL_BURST = 30
export const SIGNALS_PER_SECOND = 5

/** What a device is called whose user gave it no name. */
export const DEFAULT_DEVICE_NAME = 'Device'
