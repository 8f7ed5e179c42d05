// The public surface: what is listed here is what the package promises.
export { fsStorage, type FsStorageOptions } from './fs-storage.ts'
