/**
 * For tests of whatever implements or uses a `Blockchain`. Needs vitest and fast-check, which it does not bring along.
 *
 * @packageDocumentation
 */
export { type Actor, alice, bob, carol, createActor } from './actors.ts'
export { arbitraryDag, arbitraryOrder } from './arbitraries.ts'
export { blockchainSuite, type SuiteInit } from './blockchain-suite.ts'
export { createTestClock, type TestClock } from './clock.ts'
export { countReads, type Reads } from './count-reads.ts'
export { type CuttingStore, createCuttingStore } from './cutting-store.ts'
export { type DrawnGraph, describeDag, parseDag } from './draw-dag.ts'
export { type ForgedBlock, type ForgeInit, forgeBlock, forgeDag, forgeGenesis, PLAIN_SETTINGS } from './forge.ts'
export { MemoryNetwork, seededRandom } from './memory-network.ts'
export type { SuiteContext } from './suite-context.ts'
