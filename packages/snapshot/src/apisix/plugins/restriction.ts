import { z } from 'zod'
import { host } from '../common-fields.ts'
import { ipAddress } from '../ip-address.ts'
import { methodNames } from '../method-name.ts'
import { uniqueItems } from '../unique-items.ts'
import { uniqueOf } from '../unique-of.ts'
import type { PluginSchema } from './plugin-schema.ts'
import { defaulting, off, text, texts } from './setting.ts'

const message = (standard: string) => defaulting(z.string().min(1).max(1024), standard)
const names = z.array(z.string()).min(1).optional()

/** Plugins that refuse requests by who sends them, or what for. */
export const restrictionPlugins: readonly PluginSchema[] = [
  {
    name: 'client-control',
    priority: 22_000,
    settings: z.looseObject({ max_body_size: z.int().min(0).optional() }),
  },
  {
    name: 'ip-restriction',
    priority: 3000,
    settings: z
      .looseObject({
        whitelist: z.array(ipAddress).min(1).optional(),
        blacklist: z.array(ipAddress).min(1).optional(),
        message: message('Your IP address is not allowed'),
        response_code: defaulting(z.int().min(403).max(404), 403),
      })
      .superRefine(uniqueOf(['whitelist', 'blacklist'], { required: true })),
  },
  {
    name: 'ua-restriction',
    priority: 2999,
    settings: z
      .looseObject({
        bypass_missing: off,
        allowlist: texts.optional(),
        denylist: texts.optional(),
        message: message('Not allowed'),
      })
      .superRefine(uniqueOf(['allowlist', 'denylist'], { required: true })),
  },
  {
    name: 'referer-restriction',
    priority: 2990,
    settings: z
      .looseObject({
        bypass_missing: off,
        whitelist: z.array(host).min(1).optional(),
        blacklist: z.array(host).min(1).optional(),
        message: message('Your referer host is not allowed'),
      })
      .superRefine(uniqueOf(['whitelist', 'blacklist'], { required: true })),
  },
  {
    name: 'uri-blocker',
    priority: 2900,
    settings: z.looseObject({
      block_rules: uniqueItems(z.string().min(1).max(4096), { minimum: 0 }),
      rejected_code: defaulting(z.int().min(200), 403),
      rejected_msg: text.optional(),
      case_insensitive: off,
    }),
  },
  {
    name: 'consumer-restriction',
    priority: 2400,
    settings: z
      .looseObject({
        type: defaulting(z.enum(['consumer_name', 'service_id', 'route_id', 'consumer_group_id']), 'consumer_name'),
        whitelist: names,
        blacklist: names,
        allowed_by_methods: z
          .array(
            z.looseObject({ user: z.string().optional(), methods: z.array(z.enum(methodNames)).min(1).optional() }),
          )
          .optional(),
        rejected_code: defaulting(z.int().min(200), 403),
        rejected_msg: z.string().optional(),
      })
      .refine(
        ({ whitelist, blacklist, allowed_by_methods: byMethod }) =>
          whitelist !== undefined || blacklist !== undefined || byMethod !== undefined,
        { error: 'needs whitelist, blacklist or allowed_by_methods' },
      ),
  },
]
