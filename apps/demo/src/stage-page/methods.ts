import * as v from 'valibot'
import type { Method } from '../server/methods.ts'
import type { LiveStage } from './live-stage.ts'
import { STAGE_ROLES } from './view.ts'

const role = v.picklist(STAGE_ROLES)
const one = v.strictObject({ role })

function method<A extends v.GenericSchema, R>(
  argument: A,
  run: Method<LiveStage, A, R>['run']
): Method<LiveStage, A, R> {
  return { argument, run }
}

/** What the demo's page can ask. */
export const stageMethods = {
  /** A link for the pane of a device. */
  link: method(one, async (stage, given) => await stage.link(given.role)),
  cut: method(v.strictObject({ role, cut: v.boolean() }), async (stage, given) => {
    await stage.setCut(given.role, given.cut)
  }),
  kill: method(one, async (stage, given) => await stage.kill(given.role)),
  start: method(one, async (stage, given) => await stage.start(given.role))
}

/** For the page: the type says what can be called, and with what. */
export type StageMethods = typeof stageMethods
