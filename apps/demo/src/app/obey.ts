import { errorView } from '../server/channel.ts'
import { callMethod } from '../server/methods.ts'
import { appMethods } from './methods.ts'
import type { AppMessage, AppOrder } from './orders.ts'
import type { RunningApp } from './run-app.ts'

/** Do what the program that started this one asks, and tell it when something changes. */
export function obeyParent(app: RunningApp): void {
  const report = (message: AppMessage): void => {
    // While the parent goes away there is nobody left to tell.
    if (process.connected) process.send?.(message)
  }
  const answer = async ({ id, method, argument }: Extract<AppOrder, { kind: 'call' }>): Promise<void> => {
    try {
      report({ kind: 'result', id, value: await callMethod(appMethods, app.session, method, argument) })
    } catch (error) {
      report({ kind: 'failure', id, error: errorView(error) })
    }
  }
  process.on('message', (order: AppOrder) => {
    if (order.kind === 'link') report({ kind: 'link', link: app.link() })
    else void answer(order)
  })
  app.session.events.follow(() => report({ kind: 'changed' }))
  report({ kind: 'ready' })
}
