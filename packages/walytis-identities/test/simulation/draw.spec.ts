import { expect, it } from 'vitest'
import { random, randomHistory } from '../state/histories.ts'
import { drawHistory, readHistory } from './draw.ts'

const plain = (lines: readonly string[]): string[] =>
  lines
    .map((line) => {
      const [, name, parents = '', text] = /^(\w+) : (\S+) (.*)$/.exec(line) ?? []
      return `${name} : ${parents.split(',').sort().join(',')} ${text}`
    })
    .sort()

it('draws two who remove each other', () => {
  const lines = [
    'x : g alice remove bob ; epoch',
    'y : g bob remove alice ; epoch',
    'w : y carol says',
    'z : x,w carol says'
  ]
  expect(`\n${drawHistory(lines)}\n`).toBe(`
*    g  alice founds
+-.
* |  x  alice remove bob ; epoch
| *  y  bob remove alice ; epoch
| *  w  carol says
+-'
*    z  carol says
`)
  expect(readHistory(drawHistory(lines))).toEqual(lines)
})

it('draws links across others', () => {
  const lines = ['a : g alice says', 'b : g bob says', 'c : a,b alice says', 'd : b,a bob says', 'e : g carol says']
  expect(plain(readHistory(drawHistory(lines)))).toEqual(plain(lines))
})

it('reads back what it drew, for 50 random histories', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { lines } = await randomHistory(random(seed))
    expect(plain(readHistory(drawHistory(lines))), drawHistory(lines)).toEqual(plain(lines))
  }
})
