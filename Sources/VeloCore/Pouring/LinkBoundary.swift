/// Where the symbolic links of an archive may point, decided on names alone once all of its entries are known.
///
/// Targets are resolved as the kernel will resolve them, through the links of the archive itself: a chain of links that
/// each look harmless does not get out either.
struct LinkBoundary: Sendable {
    enum Node: Sendable {
        case folder
        case file
        case link(String)
    }

    /// Names between the boundary and the folder that is unpacked into, such as `Cellar`.
    let place: [Substring]
    /// Absolute paths that are the boundary itself.
    let roots: [String]
    /// Absolute targets elsewhere are kept, as text: nothing here follows them.
    let allowsAbsolute: Bool

    /// More than this many links on the way is a loop, which leads nowhere.
    private static let mostHops = 40

    func allows(_ target: String, of path: EntryPath, among nodes: [EntryPath: Node]) -> Bool {
        var stack = place + path.components.dropLast()
        guard var names = names(of: target, from: &stack) else { return allowsAbsolute }
        var hops = 0
        // Once the path is at something that did not come with the archive, whether that is a link is not known, and
        // neither is where `..` leads from there.
        var isForeign = false
        while let name = names.popLast() {
            if name == "." { continue }
            if name == ".." {
                guard !isForeign, stack.popLast() != nil else { return false }
                continue
            }
            stack.append(name)
            guard !place.starts(with: stack) else { continue }
            guard stack.starts(with: place), let node = nodes[EntryPath(components: stack.dropFirst(place.count))]
            else {
                isForeign = true
                continue
            }
            guard case .link(let next) = node else { continue }
            hops += 1
            if hops > Self.mostHops { return true }
            stack.removeLast()
            guard let more = self.names(of: next, from: &stack) else { return allowsAbsolute }
            names += more
        }
        return true
    }

    /// The names of a target, last one first; an absolute one empties the stack. Nil when it leads elsewhere.
    private func names(of target: String, from stack: inout [Substring]) -> [Substring]? {
        for root in roots where target == root || target.hasPrefix(root + "/") {
            stack = []
            return target.dropFirst(root.count).split(separator: "/").reversed()
        }
        return target.hasPrefix("/") ? nil : target.split(separator: "/").reversed()
    }
}
