/** Deadline where nothing else ends a call. */
export const shortTimeoutMs = 300

/** Deadline where a call has to end long before it. */
export const longTimeoutMs = 10_000

/** How late a call may end, and a connection be closed, on a machine that has much else to do. */
export const toleranceMs = 5_000
