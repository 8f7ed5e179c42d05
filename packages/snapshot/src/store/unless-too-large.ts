import { StorageError } from '@outlast/storage'

/**
 * Tells apart what a store refused to read because there is more of it than may be: what the store holds is wrong then, and
 * not the store. Every `get` says how much that is, so that nobody who can write to a store can fill its readers' memory.
 */
export async function unlessTooLarge<Answer>(reading: Promise<Answer>): Promise<Answer | 'too-large'> {
  try {
    return await reading
  } catch (error) {
    if (StorageError.isInstance(error) && error.code === 'too-large') return 'too-large'
    throw error
  }
}
