import { isFreeType, valueIn } from '../content/typed.ts'
import { InvalidTypeError, UnregisteredTypeError } from '../errors.ts'
import type { MessageContent, MessageType } from '../interface/index.ts'

/** The types of messages that this node's application knows. One for all profiles. */
export class Types {
  readonly #types = new Map<string, MessageType<unknown>>()

  /** @throws {InvalidTypeError} */
  register<T>(type: MessageType<T>): void {
    const { mediaType } = type
    if (!isFreeType(mediaType)) throw new InvalidTypeError(mediaType, 'malformed-or-reserved')
    if ((this.#types.get(mediaType) ?? type) !== type) throw new InvalidTypeError(mediaType, 'in-use')
    // What comes out of `decode` goes into `encode` and `text` of the same type, and nowhere else.
    this.#types.set(mediaType, type as MessageType<unknown>)
  }

  /** @throws {UnregisteredTypeError} */
  check<T>(type: MessageType<T>): void {
    if (this.#types.get(type.mediaType) !== type) throw new UnregisteredTypeError(type.mediaType)
  }

  /** The value of a registered type in a content. */
  read(content: MessageContent): { mediaType: string; value: unknown } | undefined {
    for (const part of content.parts) {
      const mediaType = part.kind === 'embedded' ? part['mediaType' as 'kind'] : undefined
      const type = mediaType === undefined ? undefined : this.#types.get(mediaType)
      const value = type === undefined ? undefined : valueIn(type, content)
      if (type !== undefined && value !== undefined) return { mediaType: type.mediaType, value }
    }
    return undefined
  }
}
