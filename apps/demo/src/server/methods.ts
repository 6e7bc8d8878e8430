import * as v from 'valibot'
import { InvalidRequestError } from '../errors.ts'

/** What pages can ask for: how its argument must look, and what does it. */
export interface Method<C, A extends v.GenericSchema, R> {
  readonly argument: A
  run(context: C, argument: v.InferOutput<A>): Promise<R>
}

/** Methods by name. */
export type Methods<C> = Readonly<Record<string, Method<C, v.GenericSchema, unknown>>>

/** The argument that a method takes, for pages. */
export type ArgumentOf<M> = M extends Method<never, infer A, unknown> ? v.InferInput<A> : never
/** What a method answers. */
export type ResultOf<M> = M extends { run(...given: never[]): Promise<infer R> } ? R : never

/**
 * Do what a page asks for.
 *
 * @throws {InvalidRequestError} when there is no such method, or its argument is none
 */
export async function callMethod<C>(
  methods: Methods<C>,
  context: C,
  name: string,
  argument: unknown
): Promise<unknown> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (method === undefined) throw new InvalidRequestError('method', 'there is none of this name')
  const parsed = v.safeParse(method.argument, argument)
  if (!parsed.success) {
    const [issue] = parsed.issues
    // what was given is not repeated: it may be a passphrase
    throw new InvalidRequestError(v.getDotPath(issue) ?? '', `${issue.type} is not met`)
  }
  return await method.run(context, parsed.output)
}
