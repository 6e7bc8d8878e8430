import assert from 'node:assert/strict'
import * as testing from 'walytis/testing'

assert.ok(Object.values(testing).some((value) => typeof value === 'function'))
console.log('walytis/testing loads')
