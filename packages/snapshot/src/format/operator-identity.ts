const prefix = 'operator:'

/** The identity of what an operator commits: nobody's lineage. */
export function operatorIdentity(uuid: string): string {
  return `${prefix}${uuid}`
}

/** Whether this content came of no source, so that it was never equal to one. */
export function isOperatorIdentity(identity: string): boolean {
  return identity.startsWith(prefix)
}
