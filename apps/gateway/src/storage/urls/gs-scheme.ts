import type { UrlScheme } from './url-scheme.ts'

/** `gs://bucket/prefix`, with the default credentials of the environment. */
export const gsScheme: UrlScheme = {
  parameters: ['endpoint', 'user_project'],
  hasPrefix: true,
  read: ({ bucket, parameters, timeoutMs }) => ({
    adapter: 'gcs',
    options: {
      bucket,
      apiEndpoint: parameters.text('endpoint'),
      userProject: parameters.text('user_project'),
      timeoutMs,
    },
  }),
}
