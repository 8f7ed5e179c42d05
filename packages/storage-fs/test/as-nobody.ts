const nobody = 65534

/** Runs this without the powers of root, who may read everything. Anybody else runs it as they are. */
export async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  const { getuid, seteuid } = process
  if (getuid?.() !== 0 || seteuid === undefined) return run()
  seteuid(nobody)
  try {
    return await run()
  } finally {
    seteuid(0)
  }
}
