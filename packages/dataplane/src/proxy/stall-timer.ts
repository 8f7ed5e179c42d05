/** Runs once when nobody has told it of progress for a while. */
export interface StallTimer {
  /** Progress: counts from now. */
  arm(ms: number): void
  disarm(): void
}

export function stallTimer(onStall: () => void): StallTimer {
  let timer: NodeJS.Timeout | undefined
  let armedMs = 0
  return {
    arm(ms) {
      if (timer !== undefined && armedMs === ms) {
        timer.refresh()
        return
      }
      clearTimeout(timer)
      armedMs = ms
      timer = setTimeout(onStall, ms)
    },
    disarm() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
