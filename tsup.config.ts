import { defineConfig } from 'tsup'

// How every package is built (entries are in its build script). Declarations come from the TypeScript compiler.
export default defineConfig({
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  // node:sqlite and its like exist only with their prefix.
  removeNodeProtocol: false,
})
