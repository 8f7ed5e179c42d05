/** What an exit code of `outlast snapshot` means, beside 0 and 1: damaged, incomplete, refused, or different. */
export const notFine = 2
