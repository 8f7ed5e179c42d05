import type { JsonValue } from '@outlast/snapshot'
import { addressMatcher } from './address-matcher.ts'
import { variableReader, type VariableReader, type VariableRequest } from './request-variables.ts'

/** A route's `vars`, ready to be asked. */
export type VarsExpression = (request: VariableRequest) => boolean

type Comparison = (left: string | undefined) => boolean

/**
 * Compiles `vars` (lua-resty-expr): a list of conditions is AND; `["OR" | "!OR" | "AND" | "!AND", …]` nests; a condition is
 * `[name, operator, value]`, `[name, "!", operator, value]`, or `[name, value]` for `==`. Throws a `TypeError` that says
 * what cannot be evaluated.
 */
export function compileVars(rule: JsonValue): VarsExpression {
  if (!isList(rule)) throw new TypeError('vars must be a list')
  if (rule.length === 0) return () => true
  const [first] = rule
  if (typeof first === 'string' && !logicalOperators.has(first.toUpperCase())) {
    throw new TypeError('vars: a condition must be in a list of conditions')
  }
  return compileRule(rule)
}

const logicalOperators: ReadonlySet<string> = new Set(['AND', '!AND', 'OR', '!OR'])

function compileRule(rule: JsonValue): VarsExpression {
  if (!isList(rule)) throw new TypeError('vars must be a list')
  const [first, ...rest] = rule
  if (first === undefined) throw new TypeError('vars: a list is empty')
  if (typeof first !== 'string') return every(rule)
  const logic = first.toUpperCase()
  if (!logicalOperators.has(logic)) return compileCondition(first, rest)
  if (rest.length < 2) throw new TypeError('vars: AND and OR take two conditions at least')
  const joined = logic.endsWith('AND') ? every(rest) : some(rest)
  return logic.startsWith('!') ? not(joined) : joined
}

function every(rules: readonly JsonValue[]): VarsExpression {
  const parts = rules.map(compileRule)
  return (request) => parts.every((part) => part(request))
}

function some(rules: readonly JsonValue[]): VarsExpression {
  const parts = rules.map(compileRule)
  return (request) => parts.some((part) => part(request))
}

function not(expression: VarsExpression): VarsExpression {
  return (request) => !expression(request)
}

function compileCondition(name: string, rest: readonly JsonValue[]): VarsExpression {
  const read = variableReader(name)
  if (read === undefined) throw new TypeError('vars: a variable is not supported')
  if (rest.length === 1) return compileShort(read, rest[0])
  const negated = rest.length === 3
  if (negated && rest[0] !== '!') throw new TypeError('vars: a condition is too long')
  const [operator, right] = rest.slice(negated ? 1 : 0)
  if (typeof operator !== 'string' || right === undefined) throw new TypeError('vars: a condition is incomplete')
  const compare = compileComparison(operator.toLowerCase(), right)
  return negated ? (request) => !compare(read(request)) : (request) => compare(read(request))
}

/**
 * `[name, value]`. The original takes the value for an operator first, and so makes a text of it, in lower case; and when it
 * is one, the variable is compared with nothing.
 */
function compileShort(read: VariableReader, value: JsonValue | undefined): VarsExpression {
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError('vars: a condition is incomplete')
  const text = String(value).toLowerCase()
  const compare = operators.has(text) ? compileComparison(text, null) : compileComparison('==', text)
  return (request) => compare(read(request))
}

const operators: ReadonlySet<string> = new Set(['==', '~=', '>', '>=', '<', '<=', '~~', '~*', 'in', 'has', 'ipmatch'])

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
