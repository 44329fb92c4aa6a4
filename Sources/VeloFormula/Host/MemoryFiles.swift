/// A tree of files that exists in memory only.
final class MemoryFiles {
    final class Node {
        enum Content {
            case file([UInt8])
            case folder([String: Node])
            case link(String)
        }
        var content: Content
        var mode: UInt16

        init(_ content: Content, mode: UInt16) {
            self.content = content
            self.mode = mode
        }

        var copy: Node {
            if case .folder(let children) = content { return Node(.folder(children.mapValues(\.copy)), mode: mode) }
            return Node(content, mode: mode)
        }
    }

    private let root = Node(.folder([:]), mode: 0o755)

    private static let mostLinks = 40

    private func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init).filter { $0 != "." } }

    /// The node at a path, links on the way resolved; and its path without links.
    func find(_ path: String, followingLast: Bool = true) throws(HostError) -> (Node, String)? {
        var links = 0
        return try find(parts(path)[...], path, followingLast, &links)
    }

    private func find(
        _ all: ArraySlice<String>, _ shown: String, _ followingLast: Bool, _ links: inout Int
    ) throws(HostError) -> (Node, String)? {
        var trail: [(Node, String)] = [(root, "")]
        var rest = all
        while let part = rest.popFirst() {
            if part == ".." {
                if trail.count > 1 { trail.removeLast() }
                continue
            }
            guard let (node, path) = trail.last, case .folder(let children) = node.content, let next = children[part]
            else { return nil }
            if case .link(let target) = next.content, followingLast || !rest.isEmpty {
                links += 1
                guard links < Self.mostLinks else { throw HostError(.tooManyLinks, path: shown) }
                let base = target.hasPrefix("/") ? [] : parts(path)
                return try find((base + parts(target) + rest)[...], shown, followingLast, &links)
            }
            trail.append((next, path + "/" + part))
        }
        return trail.last.map { ($0.0, $0.1.isEmpty ? "/" : $0.1) }
    }

    func folder(of path: String) throws(HostError) -> (Node, [String: Node]) {
        guard let (node, _) = try find(PathText.folder(path)) else { throw HostError(.notFound, path: path) }
        guard case .folder(let children) = node.content else { throw HostError(.notFolder, path: path) }
        return (node, children)
    }

    /// Puts a node at a path, in place of what was there, or takes it away.
    func place(_ node: Node?, at path: String) throws(HostError) {
        let (folder, children) = try folder(of: path)
        var changed = children
        changed[PathText.base(path)] = node
        folder.content = .folder(changed)
    }

    func makeFolder(_ path: String, withParents: Bool) throws(HostError) {
        if let (node, _) = try find(path) {
            guard case .folder = node.content, withParents else { throw HostError(.exists, path: path) }
            return
        }
        if withParents, try find(PathText.folder(path)) == nil {
            try makeFolder(PathText.folder(path), withParents: true)
        }
        try place(Node(.folder([:]), mode: 0o755), at: path)
    }

    func children(of path: String) throws(HostError) -> [String: Node] {
        guard let (node, _) = try find(path) else { throw HostError(.notFound, path: path) }
        guard case .folder(let children) = node.content else { throw HostError(.notFolder, path: path) }
        return children
    }
}
