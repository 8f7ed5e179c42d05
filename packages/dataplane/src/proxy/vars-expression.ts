import type { JsonValue } from '@outlast/snapshot'
import { addressMatcher } from './address-matcher.ts'
import { variableReader, type VariableRequest } from './request-variables.ts'

/** A route's `vars`, ready to be asked. */
export type VarsExpression = (request: VariableRequest) => boolean

type Comparison = (left: string | undefined) => boolean

/**
 * Compiles `vars` (lua-resty-expr): a list is AND; `["OR" | "!OR" | "AND" | "!AND", …]` nests; `[name, operator, value]`,
 * `[name, "!", operator, value]`, and `[name, value]` for `==`. Throws a `TypeError` that says what cannot be evaluated.
 */
export function compileVars(rule: JsonValue): VarsExpression {
  if (!isList(rule)) throw new TypeError('vars must be a list')
  const [first, ...rest] = rule
  if (first === undefined) return () => true
  if (typeof first !== 'string') return every(rule)
  switch (first.toUpperCase()) {
    case 'AND':
      return every(rest)
    case '!AND':
      return not(every(rest))
    case 'OR':
      return some(rest)
    case '!OR':
      return not(some(rest))
    default:
      return compileCondition(first, rest)
  }
}

function every(rules: readonly JsonValue[]): VarsExpression {
  const parts = rules.map(compileVars)
  return (request) => parts.every((part) => part(request))
}

function some(rules: readonly JsonValue[]): VarsExpression {
  const parts = rules.map(compileVars)
  return (request) => parts.some((part) => part(request))
}

function not(expression: VarsExpression): VarsExpression {
  return (request) => !expression(request)
}

function compileCondition(name: string, rest: readonly JsonValue[]): VarsExpression {
  const read = variableReader(name)
  if (read === undefined) throw new TypeError('vars: a variable is not supported')
  const negated = rest[0] === '!'
  const [operator, right] = rest.length === 1 ? ['==', rest[0]] : rest.slice(negated ? 1 : 0)
  if (typeof operator !== 'string' || right === undefined) throw new TypeError('vars: a condition is incomplete')
  const compare = compileComparison(operator.toLowerCase(), right)
  return negated ? (request) => !compare(read(request)) : (request) => compare(read(request))
}

function compileComparison(operator: string, right: JsonValue): Comparison {
  switch (operator) {
    case '==':
      return (left) => equal(left, right)
    case '~=':
      return (left) => !equal(left, right)
    case '>':
      return (left) => toNumber(left) > toNumber(right)
    case '>=':
      return (left) => toNumber(left) >= toNumber(right)
    case '<':
      return (left) => toNumber(left) < toNumber(right)
    case '<=':
      return (left) => toNumber(left) <= toNumber(right)
    case '~~':
      return search(right, '')
    case '~*':
      return search(right, 'i')
    case 'in':
      return (left) => left !== undefined && isList(right) && right.includes(left)
    case 'has':
      // Asks a list on the left; every variable here is a text.
      return () => false
    case 'ipmatch': {
      const matches = addressMatcher((isList(right) ? right : [right]).map(String))
      return (left) => left !== undefined && matches(left)
    }
    default:
      throw new TypeError('vars: an operator is not known')
  }
}

/** `null` stands for a variable that is absent; a number on the right makes the left one. */
function equal(left: string | undefined, right: JsonValue): boolean {
  if (right === null) return left === undefined
  return typeof right === 'number' ? toNumber(left) === right : left === right
}

function toNumber(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}

function search(pattern: JsonValue, flags: string): Comparison {
  if (typeof pattern !== 'string') throw new TypeError('vars: a regular expression must be a text')
  const expression = compileRegExp(pattern, flags)
  return (left) => left !== undefined && expression.test(left)
}

function compileRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch {
    // The engine's message would quote the pattern, which is configuration content.
    throw new TypeError('vars: a regular expression cannot be compiled')
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
