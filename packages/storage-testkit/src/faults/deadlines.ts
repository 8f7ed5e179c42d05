/** Deadline where nothing else ends a call. */
export const shortTimeoutMs = 300

/** Deadline where a call has to end long before it. */
export const longTimeoutMs = 10_000

/** How late a call may end on a machine that has much else to do. */
export const toleranceMs = 5_000

/** How long a connection may stay open after its call. Node's own `fetch` keeps some for 4 seconds that nothing uses. */
export const closingMs = 8_000
