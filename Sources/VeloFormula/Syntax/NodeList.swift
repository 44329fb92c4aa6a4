/// Nodes in a row, as a parser collects them. Most rows have one node, which then needs no growing array.
struct NodeList {
    private var first: SyntaxNode?
    private var nodes: [SyntaxNode] = []

    mutating func append(_ node: consuming SyntaxNode) {
        guard let first else {
            first = node
            return
        }
        if nodes.isEmpty {
            nodes.reserveCapacity(4)
            nodes.append(first)
        }
        nodes.append(node)
    }

    var all: [SyntaxNode] {
        if !nodes.isEmpty { return nodes }
        return first.map { [$0] } ?? []
    }

    /// The same; the list is then empty.
    mutating func take() -> [SyntaxNode] {
        defer { self = NodeList() }
        return all
    }

    /// The nodes as the statements of a body: a single one stays itself, and none makes an empty sequence at `start`.
    func sequence(from start: Int) -> SyntaxNode {
        guard let first else { return SyntaxNode(.sequence([]), SourceSpan(start, start)) }
        guard let last = nodes.last else { return first }
        return SyntaxNode(.sequence(nodes), first.span.extended(to: last.span))
    }
}
