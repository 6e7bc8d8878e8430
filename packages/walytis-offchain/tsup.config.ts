import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'platform/folder': 'src/platform/folder.ts',
    'platform/folder.browser': 'src/platform/folder.browser.ts',
    'platform/primitives': 'src/platform/primitives.ts',
    'platform/primitives.browser': 'src/platform/primitives.browser.ts'
  },
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  // Stays an import of its own, so that the reader's platform chooses between the twins.
  external: ['#folder', '#primitives', /^node:/],
  dts: { entry: 'src/index.ts' },
  sourcemap: true,
  clean: true,
  treeshake: true
})
