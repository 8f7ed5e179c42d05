/** In everything that a server says here: it could be content or a secret, and belongs into no error's message. */
export const privateWords = 'for nobody else to read '
