import { expect, it } from 'vitest'
import { fetchPolicyOf } from '../../src/attachments/fetch-policy.ts'

it('whatever is left for later of attachments, messages are fetched', () => {
  expect(fetchPolicyOf('on-demand')).toEqual({ upTo: 262_144 })
  expect(fetchPolicyOf({ upTo: 0 })).toEqual({ upTo: 262_144 })
  expect(fetchPolicyOf({ upTo: 2 ** 30 })).toEqual({ upTo: 2 ** 30 })
  expect(fetchPolicyOf('at-once')).toBe('at-once')
})
