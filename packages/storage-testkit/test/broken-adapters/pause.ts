export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
