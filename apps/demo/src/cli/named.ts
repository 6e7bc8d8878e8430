import { UsageError } from '../errors.ts'

/**
 * Which of several things somebody means: the one of this id, or else the only one of this name. Others choose names, so a name never stands for
 * something whose id it repeats.
 *
 * @param of a thing's id and name
 * @param kind what they are, in a sentence
 * @throws {UsageError} when several have the name
 */
export async function named<T>(
  things: Iterable<T> | AsyncIterable<T>,
  given: string,
  of: (thing: T) => readonly [id: string, name: string],
  kind: string
): Promise<T | undefined> {
  const namesakes: T[] = []
  for await (const thing of things) {
    const [id, name] = of(thing)
    if (id === given) return thing
    if (name === given) namesakes.push(thing)
  }
  const count = namesakes.length
  if (count > 1) throw new UsageError(`${count} of them are called “${given}”: name the ${kind} by its id.`)
  return namesakes[0]
}
