// The public surface: what is listed here is what the package promises.
export { domainOf, instanceKinds, resourceKinds, type InstanceKind, type ResourceKind } from './kinds.ts'
export { validateEntry } from './validate-entry.ts'
export { findIssue, type Issue } from './find-issue.ts'
export { certificateIssueOf } from './certificate-issue-of.ts'
export { unknownFields } from './unknown-fields.ts'
export { jsonSchemaFrom, jsonSchemaOf, type JsonSchema } from './json-schema-of.ts'
export { referencesOf, type Reference } from './references-of.ts'
export { ownerOf } from './owner-of.ts'
export { knownPlugins } from './plugins/known-plugins.ts'
export type { PluginSchema } from './plugins/plugin-schema.ts'
export { pluginIssueOf, type PluginIssue } from './plugins/plugin-issue-of.ts'
export { stepwiseValidation, validateConfiguration, type Finding } from './validate-configuration.ts'
export { keyringKeysOf, keyringOf, type ApisixKeyring } from './keyring-of.ts'
export { sensitiveFields } from './sensitive-fields.ts'
export { fieldProtection } from './field-protection.ts'
export { encryptFields, lastingEncryptFields } from './encrypt-fields.ts'
export { apisixCipher, type ApisixCipher, type ApisixCipherOptions } from './apisix-cipher.ts'
export { apisixDocument, apisixItems, hasApisixForm, type ApisixDocument } from './apisix-document.ts'
export { apisixYaml, apisixYamlEnd, apisixYamlItem, apisixYamlList, apisixYamlNothing } from './apisix-yaml.ts'

export {
  common as commonFields,
  type CommonFields,
  type Identifier,
  type Plugins,
  type Timeout,
} from './common-fields.ts'
export { routeSchema, type Route } from './route.ts'
export type { MethodName } from './method-name.ts'
export { serviceSchema, type Service } from './service.ts'
export type { GraphqlCostDecoration } from './graphql-cost-decoration.ts'
export {
  upstreamSchema,
  type KeepalivePool,
  type Upstream,
  type UpstreamNode,
  type UpstreamNodes,
  type UpstreamTls,
} from './upstream.ts'
export type { ActiveHealthCheck, HealthCheck, PassiveHealthCheck } from './health-check.ts'
export type { Consumer, Credential } from './consumer.ts'
export type { ConsumerGroup, GlobalRule, PluginConfig } from './plugin-set.ts'
export type { EnabledPlugin, PluginList } from './plugin-list.ts'
export type { Ssl } from './ssl.ts'
export { secretManagers, type AwsSecret, type GcpSecret, type VaultSecret } from './secret.ts'
export type { Proto } from './proto.ts'
export type { StreamProtocol, StreamRoute } from './stream-route.ts'

export type { Keyring } from './keyring.ts'
export type { SnapshotStorage } from './snapshot-storage.ts'
export type { DnsDiscovery } from './discovery/dns.ts'
export type { ConsulDiscovery, ConsulKvDiscovery } from './discovery/consul.ts'
export type { NacosDiscovery } from './discovery/nacos.ts'
export type { EurekaDiscovery } from './discovery/eureka.ts'
export type { KubernetesCluster, KubernetesDiscovery, NamedKubernetesCluster } from './discovery/kubernetes.ts'
