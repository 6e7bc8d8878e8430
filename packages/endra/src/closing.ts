/** Something that stays open until it is closed. */
export interface Closable {
  close(): Promise<void>
}

/** Run `use`; when it fails, close what it was given, in that order, before the error goes on. */
export async function closingOnFailure<T>(opened: readonly Closable[], use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    for (const each of opened) await each.close()
    throw error
  }
}
