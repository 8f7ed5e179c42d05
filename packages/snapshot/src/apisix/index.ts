// The public surface: what is listed here is what the package promises.
export { domainOf, instanceKinds, resourceKinds, type InstanceKind, type ResourceKind } from './kinds.ts'
export { validateEntry } from './validate-entry.ts'
export { routeSchema, type Route } from './route.ts'
export { serviceSchema, type Service } from './service.ts'
export { upstreamSchema, type Upstream, type UpstreamNode, type UpstreamNodes } from './upstream.ts'
