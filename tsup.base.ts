import type { Options } from 'tsup'

/** How every package is built: ESM for the oldest supported Node; declarations come from the TypeScript compiler. */
export function packageBuild(...entry: string[]): Options {
  return {
    entry,
    format: 'esm',
    target: 'node22',
    sourcemap: true,
    clean: true,
    // node:sqlite and its like exist only with their prefix.
    removeNodeProtocol: false,
  }
}

