import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { isAttached, isEmbedded, isReferenced } from '../content/parts.ts'
import { NotFoundError } from '../errors.ts'
import type { AttachedPart, ContentPart, EmbeddedPart, Message, NewAttachment } from '../interface/index.ts'
import { homeOf, type MessageHome } from './message.ts'

/** A place in a message that is to be written: a part, or what becomes one when it is attached. */
export type Slot = { readonly part: ContentPart } | { readonly attach: NewAttachment }

/** What a message of the same chat says, not copied. What is no part of its own stays what it is. */
export function referencesTo(message: Message): Slot[] {
  const block = CID.parse(message.id)
  return message.content.parts.map((part) => ({
    part: isEmbedded(part) ? { kind: 'referenced', block, part: part.id } : part
  }))
}

/**
 * What a message of another chat says, as it can be said anywhere: attachments to be sealed anew, quoted parts as copies. A quote of what is gone is left out.
 *
 * @throws {NotFoundError} for an attachment that can't be read here
 */
export async function copiesOf(message: Message, options?: AbortOptions): Promise<Slot[]> {
  const { parts } = message.content
  const home = homeOf(message)
  const taken = new Set(parts.filter(isEmbedded).map(({ id }) => id))
  const slots: Slot[] = []
  for (const part of parts) {
    if (isAttached(part)) {
      slots.push({ attach: await copyOfAttachment(home, part, options) })
    } else if (isReferenced(part)) {
      const quoted = (await home?.quote(part, options))?.part
      if (quoted !== undefined) slots.push({ part: withFreshId(quoted, taken) })
    } else {
      slots.push({ part })
    }
  }
  return slots
}

async function copyOfAttachment(
  home: MessageHome | undefined,
  part: AttachedPart,
  options?: AbortOptions
): Promise<NewAttachment> {
  const attachment = await home?.attachments.get(part, options)
  if (attachment === undefined || attachment.state === 'locked') {
    throw new NotFoundError('attachment', attachment?.id ?? part.attachment.toString())
  }
  const { mediaType, name, size, rendering } = attachment
  return { source: attachment.stream(options), mediaType, name, size, rendering }
}

/** Parts of several messages may have the same id. */
function withFreshId(part: EmbeddedPart, taken: Set<string>): EmbeddedPart {
  let { id } = part
  for (let number = 1; taken.has(id); number++) id = `quoted-${number}`
  taken.add(id)
  return { ...part, id }
}
