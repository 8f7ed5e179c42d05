/** The keys of a listing, in its order. */
export async function collect(listing: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of listing) keys.push(key)
  return keys
}
