import type { BlockPolicy } from './interface/index.ts'

const NOTHING = new Uint8Array()

/** What governs a chain when nothing else is asked for: all well-formed blocks are accepted, and stay in effect. */
export const DEFAULT_POLICY: BlockPolicy = {
  name: 'walytis/default',
  parameters: NOTHING,
  judge: () => ({ accepted: true, annotation: NOTHING, effects: { revoke: [], reinstate: [] }, retain: false })
}
