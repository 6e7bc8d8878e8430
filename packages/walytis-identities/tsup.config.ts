import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/keys/backend.ts', 'src/keys/backend.browser.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  dts: { entry: ['src/index.ts'] },
  sourcemap: true,
  clean: true,
  treeshake: true,
  external: [/^node:/],
  esbuildPlugins: [
    {
      // the file and its twin stay files of their own; `imports` in package.json chooses between them
      name: 'platform-twins',
      setup: (build) => {
        build.onResolve({ filter: /\/backend\.ts$/ }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: '#keys-backend', external: true }
        )
      }
    }
  ]
})
