/* What the demo's page knows, and what it can ask for. */
import { useSyncExternalStore } from 'react'
import type { ArgumentOf, ResultOf } from '../../src/server/methods.ts'
import type { StageMethods } from '../../src/stage-page/methods.ts'
import type { StageEvent, StageState } from '../../src/stage-page/view.ts'
import { Connection, type ConnectionStatus } from '../client/connection.ts'

export interface StagePageState {
  readonly status: ConnectionStatus
  readonly stage: StageState | undefined
}

let state: StagePageState = { status: 'connecting', stage: undefined }
const listeners = new Set<() => void>()

function set(change: Partial<StagePageState>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

const connection = new Connection<StageState, StageEvent>({
  onStatus: (status) => set({ status }),
  onSnapshot: (stage) => set({ stage }),
  onEvent: (event) => {
    if (state.stage !== undefined) set({ stage: apply(state.stage, event) })
  }
})

export const start = (): Promise<void> => connection.start()

/** @throws {CallError} with the demo's error */
export async function call<N extends keyof StageMethods>(
  method: N,
  argument: ArgumentOf<StageMethods[N]>
): Promise<ResultOf<StageMethods[N]>> {
  return (await connection.call(method, argument)) as ResultOf<StageMethods[N]>
}

export function useStage(): StagePageState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => state
  )
}

function apply(stage: StageState, event: StageEvent): StageState {
  if (event.type === 'preparing') return { ...stage, preparing: event.step }
  return event.type === 'devices' ? { ...stage, devices: event.devices } : { ...stage, blocks: event.blocks }
}
