import { extendSensitiveFields, type SensitiveFields } from '../keyring/sensitive-fields.ts'
import { encryptFields } from './encrypt-fields.ts'
import { isSecretReference } from './secret-reference.ts'

// What multi-auth takes, and the plugins' own fields inside it.
const authPlugins = ['basic-auth', 'hmac-auth', 'jwe-decrypt', 'jwt-auth', 'key-auth', 'ldap-auth-advanced']
const inMultiAuth = authPlugins.flatMap((name) =>
  (encryptFields.plugins[name] ?? []).map((pointer) => `/auth_plugins/*/${name}${pointer}`),
)

/**
 * The fields of APISIX's resources and plugins, and of the instance configuration, that hold secrets: all that some
 * version of APISIX keeps encrypted itself, and those that it keeps in clear. Not among them are secrets in fields that
 * are made for other things, such as headers that `proxy-rewrite` sets, or a password in a URL: extend the list for
 * these, or use references. `keyring` has none, as no key can be encrypted with itself.
 */
export const sensitiveFields: SensitiveFields = extendSensitiveFields(encryptFields, {
  kinds: {
    secrets: ['/token', '/secret_access_key', '/session_token', '/auth_config/private_key'],
    // Of consul, consul_kv, nacos, kubernetes (one cluster, or a list), and tars.
    discovery: ['/token', '/access_key', '/secret_key', '/client/token', '/*/client/token', '/db_conf/password'],
  },
  plugins: {
    'ai-request-rewrite': ['/auth/header/*', '/auth/query/*'],
    'multi-auth': inMultiAuth,
    'oas-validator': ['/spec_url_request_headers/*'],
    'openid-connect': ['/proxy_opts/http_proxy_authorization', '/proxy_opts/https_proxy_authorization'],
    opentelemetry: ['/collector/request_headers/*'],
    'traffic-split': ['/rules/*/weighted_upstreams/*/upstream/tls/client_key'],
    // An action is a list: the name of a plugin, and its configuration.
    workflow: ['/rules/*/actions/*/1/redis_password', '/rules/*/actions/*/1/sentinel_password'],
  },
  isReference: isSecretReference,
})
