/** A metric and its samples, as Prometheus knows them. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  /** A sample without a value is left out: what is not known is not 0. */
  readonly samples: readonly { readonly labels?: Labels; readonly value: number | undefined }[]
}

export type Labels = Readonly<Record<string, string>>

/** For the `Content-Type` header: text format 0.0.4, which every Prometheus reads. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus' text exposition format (prometheus.io/docs/instrumenting/exposition_formats). */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .flatMap(({ name, help, type, samples }) => {
      const lines = samples.flatMap(({ labels = {}, value }) =>
        value === undefined ? [] : [`${name}${labelText(labels)} ${String(value)}`],
      )
      return lines.length === 0 ? [] : [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines]
    })
    .map((line) => `${line}\n`)
    .join('')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', String.raw`\"`)
}

export function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, type: 'gauge', samples }
}

/** The unit that Prometheus knows for times and durations, from milliseconds. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
