import { packageBuild } from '../../tsup.base.ts'

export default packageBuild('src/index.ts', 'src/importer/index.ts', 'src/proxy/index.ts')
