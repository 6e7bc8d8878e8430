import type { Did } from './did.ts'

/** One of two people who compare a safety number, as somebody knows them: their DID and the DIDs of their current devices. */
export interface SafetyParty {
  readonly did: Did
  /** In any order. */
  readonly devices: readonly Did[]
}

/** What two people compare. */
export interface SafetyNumber {
  /** 60 decimal digits, to be shown in groups of five and read out. */
  readonly digits: string
  /** One line of text for a QR code, which carries both lists, so that a difference can be explained. No secret. */
  readonly code: string
}

/** What came of comparing with the other side's code. */
export interface SafetyCheck {
  /** Whether both sides know the same two people with the same devices. */
  readonly matches: boolean
  /** For each of the two whose devices differ: those that only this side knows, and those that only the code names. */
  readonly differences: readonly {
    readonly did: Did
    readonly onlyHere: readonly Did[]
    readonly onlyThere: readonly Did[]
  }[]
  /** DIDs that the code is about and that are neither of the two: it is somebody else's. */
  readonly strangers: readonly Did[]
}
