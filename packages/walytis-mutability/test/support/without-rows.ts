import type { Blockchain } from 'walytis/interface'

/** A chain that has no place for rows of layers. */
export function withoutRows(chain: Blockchain): Blockchain {
  return new Proxy(chain, {
    get(target, property: keyof Blockchain) {
      if (property === 'rows') return undefined
      const value: unknown = target[property]
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
