import type { Primitives } from './primitives.ts'
import { noblePrimitives } from './primitives-noble.ts'

/** The twin of `backend.ts` where there is no `node:crypto`. */
export const primitives: Primitives = noblePrimitives
