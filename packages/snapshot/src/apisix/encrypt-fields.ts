import type { SensitiveFields } from '../keyring/sensitive-fields.ts'

// Private keys, which APISIX encrypts whatever `enable_encrypt_fields` says (apisix/ssl.lua, apisix/upstream.lua).
const privateKeys: SensitiveFields['kinds'] = {
  ssls: ['/key', '/keys/*'],
  upstreams: ['/tls/client_key'],
  routes: ['/upstream/tls/client_key'],
  services: ['/upstream/tls/client_key'],
  stream_routes: ['/upstream/tls/client_key'],
}

/** What APISIX keeps encrypted itself in every version since 3.2, so that each can decrypt it. */
export const lastingEncryptFields: SensitiveFields = {
  kinds: privateKeys,
  plugins: {
    'authz-casdoor': ['/client_secret'],
    'authz-keycloak': ['/client_secret'],
    'basic-auth': ['/password'],
    'clickhouse-logger': ['/password'],
    csrf: ['/key'],
    'elasticsearch-logger': ['/auth/password'],
    'error-log-logger': ['/clickhouse/password'],
    'google-cloud-logging': ['/auth_config/private_key'],
    'hmac-auth': ['/secret_key'],
    'jwt-auth': ['/secret'],
    'kafka-proxy': ['/sasl/password'],
    'key-auth': ['/key'],
    'openid-connect': ['/client_secret'],
    'rocketmq-logger': ['/secret_key'],
    'sls-logger': ['/access_key_secret'],
    'tencent-cloud-cls': ['/secret_key'],
  },
}

const redis = ['/redis_password', '/sentinel_password']
const modelProvider = [
  '/auth/header/*',
  '/auth/query/*',
  '/auth/gcp/service_account_json',
  '/auth/aws/secret_access_key',
  '/auth/aws/session_token',
]
const session = ['/secret', '/secret_fallbacks/*']

/**
 * What some version of APISIX, from 3.2 to 3.18, keeps encrypted itself: the `encrypt_fields` of its plugins, each of
 * them either a text, or a list or map of texts.
 */
export const encryptFields: SensitiveFields = {
  kinds: privateKeys,
  plugins: {
    ...lastingEncryptFields.plugins,
    'ai-aliyun-content-moderation': ['/access_key_secret'],
    'ai-aws-content-moderation': ['/comprehend/secret_access_key'],
    'ai-cache': ['/redis_password', '/semantic/embedding/openai/api_key', '/semantic/embedding/azure_openai/api_key'],
    'ai-lakera-guard': ['/api_key'],
    'ai-proxy': modelProvider,
    'ai-proxy-multi': [
      ...modelProvider.map((pointer) => `/instances/*${pointer}`),
      '/semantic_opts/embeddings/auth/header/*',
      '/semantic_opts/embeddings/auth/query/*',
    ],
    'ai-rag': ['/embeddings_provider/azure_openai/api_key', '/vector_search_provider/azure_ai_search/api_key'],
    'ai-rate-limiting': redis,
    'aws-lambda': ['/authorization/apikey', '/authorization/iam/accesskey', '/authorization/iam/secretkey'],
    'azure-functions': ['/authorization/apikey', '/master_apikey'],
    'cas-auth': ['/cookie/secret'],
    'dingtalk-auth': ['/app_secret', ...session],
    'elasticsearch-logger': ['/auth/password', '/headers/*'],
    'error-log-logger': ['/clickhouse/password', '/kafka/brokers/*/sasl_config/password'],
    'feishu-auth': ['/app_secret', ...session],
    'graphql-limit-count': [...redis, '/introspection_headers/*'],
    'http-logger': ['/auth_header'],
    'jwe-decrypt': ['/key', '/secret'],
    // The private key up to 3.10.
    'jwt-auth': ['/secret', '/private_key'],
    'kafka-logger': ['/brokers/*/sasl_config/password'],
    lago: ['/token'],
    'ldap-auth-advanced': ['/ldap_password'],
    'limit-conn': ['/redis_password'],
    'limit-count': redis,
    'limit-req': ['/redis_password'],
    loggly: ['/customer_token'],
    'loki-logger': ['/headers/*'],
    openfunction: ['/authorization/service_token'],
    'openid-connect': [
      '/client_secret',
      '/client_rsa_private_key',
      '/dpop/private_key',
      '/session/secret',
      '/session/redis/password',
    ],
    openwhisk: ['/service_token'],
    'saml-auth': ['/sp_private_key', ...session],
    'splunk-hec-logging': ['/endpoint/token'],
  },
}
