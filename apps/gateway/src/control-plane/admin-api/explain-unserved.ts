import { AdminError } from './admin-error.ts'
import { adminKinds, type AdminKind } from './admin-kinds.ts'

/**
 * Why no operation answers to `method` at a path below the base of the Admin API, in the words of APISIX: the kind is
 * unknown (404), it has no such method (405), or an id is missing or too many (400).
 */
export function explainUnserved(method: string, path: string): AdminError {
  const segments = path.split('/').filter((segment) => segment !== '')
  const [first = '', second] = segments
  if (first === 'plugins' && second === 'reload') {
    return new AdminError(405, `please use PUT method to reload the plugins, ${method} method is not allowed.`)
  }
  const kind = kindAt(segments)
  if (kind === undefined) {
    const isKnown = ['plugins', 'schema', 'configs', 'gateway_groups'].includes(first)
    return new AdminError(404, isKnown ? 'not found' : `Unsupported resource type: ${first}`)
  }
  const isItem = segments.length > (kind.ownerKind === undefined ? 1 : 3)
  if (kind.unsupportedMethods.has(method)) {
    return new AdminError(405, `not supported \`${method}\` method for ${kind.singular}`)
  }
  if (method === 'POST' && isItem) {
    return new AdminError(400, `wrong ${kind.singular} id, do not need it`)
  }
  if (['PUT', 'PATCH', 'DELETE'].includes(method) && !isItem) {
    const what = kind.identity === 'plugin' ? 'plugin name' : `${kind.singular} id`
    return new AdminError(400, `missing ${what}`)
  }
  return new AdminError(404, 'not found')
}

function kindAt([first, , third]: readonly string[]): AdminKind | undefined {
  const own = adminKinds.find(({ name, ownerKind }) => ownerKind === undefined && name === first)
  return (
    adminKinds.find(({ name, ownerKind }) => ownerKind !== undefined && ownerKind === first && name === third) ?? own
  )
}
