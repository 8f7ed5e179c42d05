import { scratchFolder, type ScratchFolder } from './scratch-folder.ts'
import { startWithRetries } from './wait-until-ready.ts'

/** Starts a server with a folder of its own, which `start` hands on to who stops the server. Removed here when nothing starts. */
export async function startInScratchFolder<T>(
  purpose: string,
  start: (scratch: ScratchFolder) => Promise<T>,
): Promise<T> {
  const scratch = await scratchFolder(purpose)
  try {
    return await startWithRetries(async () => start(scratch))
  } catch (error) {
    await scratch.remove()
    throw error
  }
}
