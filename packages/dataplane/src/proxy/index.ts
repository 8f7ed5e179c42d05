// The public surface: what is listed here is what the package promises.
export { createProxy, type Proxy, type ProxyOptions } from './proxy.ts'
export {
  createRouter,
  type Router,
  type RouterItem,
  type RouterMatch,
  type RouterName,
  type RouterOptions,
  type RouterRequest,
} from './router.ts'
