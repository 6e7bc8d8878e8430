import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/interface/index.ts',
    'src/testing/index.ts',
    'src/crypto/backend.ts',
    'src/crypto/backend.browser.ts',
    'src/storage/folder.ts',
    'src/storage/folder.browser.ts',
    'src/transports.ts',
    'src/transports.browser.ts'
  ],
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  dts: { entry: ['src/index.ts', 'src/interface/index.ts', 'src/testing/index.ts'] },
  sourcemap: true,
  clean: true,
  treeshake: true,
  external: [/^node:/],
  esbuildPlugins: [
    {
      // the file and its twin stay files of their own; `imports` in package.json chooses between them
      name: 'platform-twins',
      setup: (build) => {
        build.onResolve({ filter: /\/crypto\/backend\.ts$|^\.\/backend\.ts$/ }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: '#crypto-backend', external: true }
        )
        build.onResolve({ filter: /^\.\/folder\.ts$/ }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: '#storage-folder', external: true }
        )
        build.onResolve({ filter: /^\.\/transports\.ts$/ }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: '#transports', external: true }
        )
      }
    }
  ]
})
