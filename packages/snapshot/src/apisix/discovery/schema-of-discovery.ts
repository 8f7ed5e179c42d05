import type { z } from 'zod'
import { jsonObject } from '../common-fields.ts'
import { consulDiscoverySchema, consulKvDiscoverySchema } from './consul.ts'
import { dnsDiscoverySchema } from './dns.ts'
import { eurekaDiscoverySchema } from './eureka.ts'
import { kubernetesDiscoverySchema } from './kubernetes.ts'
import { nacosDiscoverySchema } from './nacos.ts'

const schemas = new Map<string, z.ZodType>(
  Object.entries({
    dns: dnsDiscoverySchema,
    consul: consulDiscoverySchema,
    consul_kv: consulKvDiscoverySchema,
    nacos: nacosDiscoverySchema,
    eureka: eurekaDiscoverySchema,
    kubernetes: kubernetesDiscoverySchema,
  }),
)

/** The schema of a discovery's settings, which live under its name; of one that nobody knows, any object. */
export function discoverySchemaOf(id: string): z.ZodType {
  return schemas.get(id) ?? jsonObject
}
