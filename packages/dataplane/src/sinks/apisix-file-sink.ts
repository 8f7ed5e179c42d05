import type { ApisixSink } from './apisix-sink.ts'
import { createApisixSink, type CommonSinkOptions } from './create-apisix-sink.ts'
import { StandaloneFile } from './standalone-file.ts'

export interface ApisixFileSinkOptions extends CommonSinkOptions {
  /** The `apisix.yaml` of a stock APISIX (`role: data_plane`, `config_provider: yaml`). Its folder must be there. */
  readonly path: string
}

/**
 * Keeps an `apisix.yaml`: complete at every moment, readable for its owner alone, written at most once a second, and not
 * at all when it holds the configuration already. A disk that fails is tried until it works. Leaves alone what it has
 * written when the process ends.
 */
export function apisixFileSink({ path, ...options }: ApisixFileSinkOptions): ApisixSink {
  return createApisixSink([new StandaloneFile(path)], options)
}
