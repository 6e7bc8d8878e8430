import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.base.ts'

/** Sources are tested as they stand, so `#primitives` is the file in `src/`. */
export default mergeConfig(
  base,
  defineConfig({ ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } } })
)
