// Pins this tree as a release that tests of upgrades run beside later ones: one file with all that it needs, minified and
// compressed. Run it in a clean checkout of the release, and keep what it makes for ever:
//
//   node scripts/pin-release.ts            # writes apps/gateway/test/fixtures/releases/<version>-<commit>.js.br
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, type Options } from 'tsup'

const root = join(import.meta.dirname, '..')
const gateway = join(root, 'apps/gateway')
const releases = join(gateway, 'test/fixtures/releases')

/** Half of the file would be their SDKs. Nothing in a test of upgrades reaches a cloud; folders do as well. */
const leftOut = /^@outlast\/storage-(s3|gcs|azure)$/
const refusing = ['s3Storage', 'gcsStorage', 'azureStorage']
  .map((name) => `export const ${name} = () => { throw new Error('left out of a pinned release: ${name}') }`)
  .join('\n')

const withoutClouds: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'without clouds',
  setup(esbuild) {
    esbuild.onResolve({ filter: leftOut }, ({ path }) => ({ path, namespace: 'left-out' }))
    esbuild.onLoad({ filter: leftOut, namespace: 'left-out' }, () => ({ contents: refusing }))
  },
}

async function bundle(): Promise<Buffer> {
  const outDir = await mkdtemp(join(tmpdir(), 'outlast-release-'))
  try {
    await build({
      entry: { cli: join(gateway, 'src/cli.ts') },
      outDir,
      config: false,
      silent: true,
      format: 'esm',
      target: 'node22',
      platform: 'node',
      splitting: false,
      minify: true,
      noExternal: [/./],
      removeNodeProtocol: false,
      // What is not ESM asks for the modules of Node.js by `require`.
      banner: {
        js: `import{createRequire as outlastRequire}from'node:module';const require=outlastRequire(import.meta.url);`,
      },
      esbuildPlugins: [withoutClouds],
      esbuildOptions(options) {
        options.conditions = ['@outlast/source']
        options.legalComments = 'none'
      },
    })
    return await readFile(join(outDir, 'cli.js'))
  } finally {
    await rm(outDir, { recursive: true })
  }
}

const { version }: { version: string } = JSON.parse(await readFile(join(gateway, 'package.json'), 'utf8'))
const git = (...words: string[]): string => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
const code = await bundle()
const parameters = { [constants.BROTLI_PARAM_SIZE_HINT]: code.length, [constants.BROTLI_PARAM_LGWIN]: 24 }
const compressed = brotliCompressSync(code, { params: parameters })
const name = `${version}-${git('rev-parse', '--short', 'HEAD')}.js.br`
await mkdir(releases, { recursive: true })
await writeFile(join(releases, name), compressed)
process.stdout.write(
  `${name}: ${Math.ceil(code.length / 1024)} KiB, ${Math.ceil(compressed.length / 1024)} KiB compressed\n`,
)
