// The public surface: the importer and the proxy, also available one by one.
export * from './importer/index.ts'
export * from './proxy/index.ts'
