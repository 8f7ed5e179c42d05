// The public surface: what is listed here is what the package promises.
export type { ApisixSink, ApisixSinkStatus, ApisixTargetStatus, RefusedEntry } from './apisix-sink.ts'
export { apisixFileSink, type ApisixFileSinkOptions } from './apisix-file-sink.ts'
export { apisixAdminSink, type ApisixAdminSinkOptions } from './apisix-admin-sink.ts'
