/** Everything that a listing gives. */
export async function collect(listing: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of listing) keys.push(key)
  return keys
}
