import { type EventHandler, TypedEventEmitter } from 'main-event'

type Listener = EventHandler<Event>

/**
 * An event target whose listeners may throw, or reject, without harm: in Node an exception in a listener would otherwise end
 * the process.
 */
export class GuardedEvents<E extends Record<string, Event>> extends TypedEventEmitter<E> {
  readonly #report: (error: unknown) => void
  /** What was added for each listener, so that removing it works. */
  readonly #guards = new WeakMap<object, (event: Event) => void>()

  constructor(report: (error: unknown) => void) {
    super()
    this.#report = report
  }

  override addEventListener<K extends keyof E>(
    type: K,
    listener: EventHandler<E[K]> | null,
    options?: boolean | AddEventListenerOptions
  ): void {
    super.addEventListener(type, listener === null ? null : this.#guard(listener as Listener), options)
  }

  override removeEventListener<K extends keyof E>(
    type: K,
    listener?: EventHandler<E[K]> | null,
    options?: boolean | EventListenerOptions
  ): void
  override removeEventListener(type: string, listener?: Listener, options?: boolean | EventListenerOptions): void
  override removeEventListener(
    type: string,
    listener?: EventHandler<never> | null,
    options?: boolean | EventListenerOptions
  ): void {
    const guard = listener === null || listener === undefined ? undefined : this.#guards.get(listener)
    super.removeEventListener(type, guard, options)
  }

  #guard(listener: Listener): (event: Event) => void {
    let guard = this.#guards.get(listener)
    if (guard === undefined) {
      guard = (event) => {
        try {
          const result: unknown = typeof listener === 'function' ? listener(event) : listener.handleEvent(event)
          // an async function's rejection would end the process just as well
          if (result instanceof Promise) result.catch(this.#report)
        } catch (error) {
          this.#report(error)
        }
      }
      this.#guards.set(listener, guard)
    }
    return guard
  }
}
