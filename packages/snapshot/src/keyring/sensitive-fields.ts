/**
 * Which fields of a configuration are secret. Fields are named by JSON pointers (RFC 6901) in which `*` stands for any
 * item or member; a pointer to an object or a list means it as a whole.
 */
export interface SensitiveFields {
  /** By kind, from the value of an entry on. */
  readonly kinds: Readonly<Record<string, readonly string[]>>
  /**
   * By plugin, from its configuration on, wherever that stands: as `/plugins/<name>` of an entry of any kind, and as
   * the value of the entry `plugin_metadata/<name>`.
   */
  readonly plugins: Readonly<Record<string, readonly string[]>>
  /** Tells texts that stand for a secret that is kept elsewhere. They are no secrets, whatever their field. */
  readonly isReference?: ((text: string) => boolean) | undefined
}

/** Both lists together: for the fields of your own plugins and kinds. References are what either takes for one. */
export function extendSensitiveFields(base: SensitiveFields, more: Partial<SensitiveFields>): SensitiveFields {
  const references = [base.isReference, more.isReference].filter((isReference) => isReference !== undefined)
  return {
    kinds: united(base.kinds, more.kinds),
    plugins: united(base.plugins, more.plugins),
    isReference: (text) => references.some((isReference) => isReference(text)),
  }
}

type Pointers = SensitiveFields['kinds']

function united(base: Pointers, more: Pointers = {}): Pointers {
  const all = new Map(Object.entries(base))
  for (const [name, pointers] of Object.entries(more)) all.set(name, [...(all.get(name) ?? []), ...pointers])
  return Object.fromEntries(all)
}
