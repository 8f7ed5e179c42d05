/** The peers' cold start, as a process: everything from one file into a router. */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { createRouter } from '@outlast/dataplane/proxy'
import { routerItems } from './router-items.ts'

const [, , file = ''] = process.argv
createRouter({ routes: routerItems(gunzipSync(await readFile(file)).toString()) })
