// The public surface: what is listed here is what the package promises.
export { etcdSource, type EtcdSourceOptions } from './etcd-source.ts'
