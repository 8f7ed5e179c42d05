/** What a picker needs to know of a node. */
export interface WeightedNode {
  /** Share of the traffic; 0 takes none. */
  readonly weight: number
  /** Nodes of a lower priority are only for when all of the higher ones were tried. */
  readonly priority: number
}

export interface NodePicker<Node extends WeightedNode> {
  /** Nodes that take traffic. */
  readonly size: number
  /** The next node that is not among `tried`; `undefined` when there is none. */
  pick(tried: ReadonlySet<Node>): Node | undefined
}

/** Smooth weighted round robin, as nginx's: of weights 5, 1, 1 the picks are a a b a c a a. */
export function nodePicker<Node extends WeightedNode>(nodes: readonly Node[]): NodePicker<Node> {
  const shares = nodes
    .filter((node) => node.weight > 0)
    .map((node) => ({ node, current: 0 }))
    .sort((a, b) => b.node.priority - a.node.priority)

  return {
    size: shares.length,
    pick(tried) {
      const first = shares.find(({ node }) => !tried.has(node))
      if (first === undefined) return undefined
      let total = 0
      let best = first
      for (const share of shares) {
        if (share.node.priority !== first.node.priority || tried.has(share.node)) continue
        share.current += share.node.weight
        total += share.node.weight
        if (share.current > best.current) best = share
      }
      best.current -= total
      return best.node
    },
  }
}
