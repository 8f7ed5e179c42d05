import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc on Linux, whatever the machine. */
const ticksPerSecond = 100

/** Seconds of CPU, user and system, that a process and its children have used. Linux only. */
export function cpuSeconds(pid: number): number {
  let ticks = 0
  for (const each of treeOf(pid)) {
    const fields = statOf(each)
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / ticksPerSecond
}

/** What a process and its children hold in memory. */
export function residentMegabytes(pid: number): number {
  let kilobytes = 0
  for (const each of treeOf(pid)) {
    kilobytes += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0)
  }
  return kilobytes / 1024
}

function treeOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid)
  return [pid, ...children.flatMap(treeOf)]
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1])
  } catch {
    return undefined
  }
}

/** From the third field on: the second may hold spaces. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
