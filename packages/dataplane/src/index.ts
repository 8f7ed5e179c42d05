// The public surface: the importer, the proxy and the other sinks, also available one by one.
export * from './importer/index.ts'
export * from './proxy/index.ts'
export * from './sinks/index.ts'
