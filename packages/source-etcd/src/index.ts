// The public surface: what is listed here is what the package promises.
export { etcdSource, type EtcdSourceOptions } from './etcd-source.ts'
export { etcdWriter, type EtcdWriter, type EtcdWriterOptions } from './etcd-writer.ts'
export { changesPerTransaction, type EtcdChange } from './etcd-change.ts'
