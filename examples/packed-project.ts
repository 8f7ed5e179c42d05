import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installNodeVersions, type NodeVersion } from './node-versions.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('..', import.meta.url))
const install = ['install', '--no-audit', '--no-fund', '--loglevel=error']

export interface PackedProject {
  readonly folder: string
  readonly packages: readonly PackageJson[]
  /** The supported versions of Node.js, ready to run. */
  readonly nodes: readonly NodeVersion[]
}

export interface PackageJson {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly engines: Readonly<Record<string, string>>
}

/** An empty project with every package from its tarball, the examples, and the code of each README as a file. */
export async function createPackedProject(folder: string): Promise<PackedProject> {
  const [packages, nodes] = await Promise.all([
    installPackages(folder),
    installNodeVersions(join(folder, 'node-versions')),
  ])
  await mkdir(join(folder, 'readme'))
  for (const { name } of packages) {
    const readme = await readFile(join(folder, 'node_modules', name, 'README.md'), 'utf8')
    for (const [index, [, code = '']] of [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      await writeFile(join(folder, `readme/${name.split('/').at(-1)}-${index + 1}.ts`), `${code}\nexport {}\n`)
    }
  }
  const tsconfig = {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
    },
    include: ['*/*.ts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  for (const example of ['export-from-your-control-plane', 'follow-in-your-proxy', 'storage-redis']) {
    await cp(join(repository, 'examples', example), join(folder, example), { recursive: true })
  }
  return { folder, packages, nodes }
}

/** What the compiler finds wrong in the project with the types in this folder; empty when nothing is. */
export async function compile(project: PackedProject, types: string): Promise<string> {
  const compiler = join(repository, 'node_modules/.bin/tsc')
  try {
    const { stdout } = await run(compiler, ['-p', project.folder, '--typeRoots', types])
    return stdout
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout)
    throw error
  }
}

async function installPackages(folder: string): Promise<readonly PackageJson[]> {
  const folders = await readdir(join(repository, 'packages'))
  const packages = await Promise.all(folders.map((name) => packageJson(join(repository, 'packages', name))))
  await run('npm', ['pack', '--pack-destination', folder, ...folders.map((name) => `./packages/${name}`)], {
    cwd: repository,
  })
  const manifest = {
    type: 'module',
    private: true,
    dependencies: {
      ...Object.fromEntries(
        packages.map(({ name, version }) => [name, `file:./${name.slice(1).replace('/', '-')}-${version}.tgz`]),
      ),
      redis: '6.3.1',
    },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await run('npm', install, { cwd: folder })
  return packages
}

async function packageJson(folder: string): Promise<PackageJson> {
  const json: PackageJson = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return json
}
