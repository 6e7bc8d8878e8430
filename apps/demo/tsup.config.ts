import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/app.ts', 'src/cli.ts', 'src/demo.ts', 'src/device.ts', 'src/removed-member.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true
})
