import type { PlacedCard } from './cards.ts'
import { shortDid } from './did.ts'
import type { Contact, Contacts } from './interface/index.ts'
import { contactsOf, findRecord } from './vault/fold.ts'
import type { ContactRecord } from './vault/records.ts'
import type { Vault } from './vault.ts'

/** Users whom the profile knows from chats, by the names that they gave themselves. */
export class VaultContacts implements Contacts {
  readonly #vault: Vault

  constructor(vault: Vault) {
    this.#vault = vault
  }

  async *list(): AsyncGenerator<Contact> {
    for (const { key, value } of contactsOf(this.#vault.state)) yield { did: key, name: value.name || shortDid(key) }
  }

  /** What a card changes in the vault; undefined when nothing. An older card never undoes a newer one, whichever chat it is from. */
  recordFor(card: PlacedCard): ContactRecord | undefined {
    const held = findRecord(this.#vault.state, 'contact', card.author)?.value
    if (held !== undefined && (held.name === card.name || held.at >= card.time)) return undefined
    return { kind: 'contact', key: card.author, value: { name: card.name, at: Math.max(0, card.time) } }
  }
}
