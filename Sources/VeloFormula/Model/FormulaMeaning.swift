extension LoadedFormula {
    /// The formula as far as what is built from it can depend on it: its syntax without comments, layout and positions,
    /// without what only describes it, and what stands after `__END__`.
    ///
    /// Two texts of the same meaning build the same bottle.
    package var meaning: String {
        var parts = statements.map { TreePrinter.text(of: $0) }
        if let data = tree.data { parts.append(TreePrinter.quoted(data)) }
        return parts.joined(separator: "\n")
    }

    /// Stanzas that say nothing about how it is built.
    private static let descriptions: Set<String> = [
        "desc", "homepage", "license", "livecheck", "bottle", "deprecate!", "disable!", "mirror", "caveats", "service",
        "plist", "plist_options", "conflicts_with", "pypi_packages", "head", "no_autobump!",
    ]

    /// Those of the formula's class one by one, without descriptions; others as they are.
    private var statements: [SyntaxNode] {
        Self.statements(of: tree.root).flatMap { node -> [SyntaxNode] in
            guard case .classDefinition(_, _, let body) = node.kind else { return [node] }
            return Self.statements(of: body).filter { !Self.describes($0) }
        }
    }

    private static func statements(of node: SyntaxNode) -> [SyntaxNode] {
        if case .sequence(let nodes) = node.kind { nodes } else { [node] }
    }

    private static func describes(_ node: SyntaxNode) -> Bool {
        guard case .call(let call) = node.kind, call.receiver == nil else { return false }
        return descriptions.contains(call.name)
    }
}
