import { type AbstractBatchOperation, AbstractIterator, AbstractLevel } from 'abstract-level'
import type { Store } from '../../src/interface/index.ts'

type Base = AbstractLevel<string | Uint8Array | Buffer, string, string>

/** What becomes of an operation: it fails instead, it is carried out but fails all the same, or it never answers. */
export type Verdict = 'pass' | 'fail' | 'fail-after' | 'hang'

/** An operation that a test made fail, as a database says it. */
class InjectedFault extends Error {
  override readonly name = 'InjectedFault'
  readonly code = 'LEVEL_IO_ERROR'

  constructor(code: string) {
    super(`injected: ${code}`, { cause: Object.assign(new RangeError(code), { code }) })
  }
}

/** An `AbstractLevel` over another, in which any operation can be made to fail or hang. */
export class FaultyStore extends AbstractLevel<string | Uint8Array | Buffer, string, string> {
  readonly #inner: Store
  /** Asked before each operation. */
  judge: (kind: 'read' | 'write') => Verdict = () => 'pass'
  /** The system's code in the errors. */
  code = 'EIO'

  constructor(inner: Store) {
    super({ encodings: { buffer: true, utf8: true, view: true }, has: true, seek: true, implicitSnapshots: true })
    this.#inner = inner
  }

  async _get(key: string, options: object): Promise<unknown> {
    return await this.#perform('read', () => this.#inner.get(key, options))
  }

  async _getMany(keys: string[], options: object): Promise<unknown[]> {
    return await this.#perform('read', () => this.#inner.getMany(keys, options))
  }

  async _has(key: string, options: object): Promise<boolean> {
    return await this.#perform('read', () => this.#inner.has(key, options))
  }

  async _hasMany(keys: string[], options: object): Promise<boolean[]> {
    return await this.#perform('read', () => this.#inner.hasMany(keys, options))
  }

  async _put(key: string, value: string, options: object): Promise<void> {
    await this._batch([{ type: 'put', key, value, ...options }], options)
  }

  async _del(key: string, options: object): Promise<void> {
    await this._batch([{ type: 'del', key, ...options }], options)
  }

  async _clear(options: object): Promise<void> {
    await this.#perform('write', () => this.#inner.clear(options))
  }

  async _batch(operations: AbstractBatchOperation<Store, string, string>[], options: object): Promise<void> {
    await this.#perform('write', () => this.#inner.batch(operations, options))
  }

  _iterator(options: object): unknown {
    const verdict = this.judge('read')
    if (verdict !== 'pass') return new BrokenIterator(this, options, verdict === 'hang' ? undefined : this.code)
    return this.#inner.iterator(options)
  }

  async #perform<T>(kind: 'read' | 'write', operation: () => Promise<T>): Promise<T> {
    const verdict = this.judge(kind)
    if (verdict === 'hang') return await new Promise<never>(() => {})
    if (verdict === 'fail') throw new InjectedFault(this.code)
    const result = await operation()
    if (verdict === 'fail-after') throw new InjectedFault(this.code)
    return result
  }
}

/** Gives an error instead of rows, or nothing at all and never ends. */
class BrokenIterator extends AbstractIterator<Base, string, string> {
  readonly #code: string | undefined

  constructor(store: Base, options: object, code: string | undefined) {
    super(store, options as never)
    this.#code = code
  }

  async _next(): Promise<[string, string] | undefined> {
    if (this.#code !== undefined) throw new InjectedFault(this.#code)
    return await new Promise<never>(() => {})
  }
}
