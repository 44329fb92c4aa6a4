/// What a path below `/v2/` asks for.
///
///     USER/REPO/IMAGE/manifests/TAG-OR-DIGEST
///     USER/REPO/IMAGE/blobs/sha256:HEX
///     USER/REPO/IMAGE/tags/list
///
/// An image's name may have slashes: `openssl@3` is `openssl/3`.
struct RegistryPath: Equatable {
    enum Resource: Equatable {
        case manifest(String)
        case blob(String)
        case tags
    }

    var owner: ImageOwner
    var image: String
    var resource: Resource

    /// Nil when it is none of these. Components are as they came, percent-encoded.
    init?(_ components: [Substring]) {
        guard components.count >= 5, let user = percentDecoded(components[0]),
            let repository = percentDecoded(components[1])
        else { return nil }
        self.init(image: Array(components.dropFirst(2)))
        let tap = "\(user)/\(repository)"
        owner = tap == ImageOwner.core ? .any : .tap(tap)
    }

    /// The same without `USER/REPO`, of any owner.
    init?(image encoded: [Substring]) {
        let components = encoded.compactMap { percentDecoded($0) }
        guard components.count == encoded.count, components.count >= 3, let last = components.last else { return nil }
        image = components.dropLast(2).joined(separator: "/")
        owner = .any
        switch (components[components.count - 2], last) {
        case ("manifests", _): resource = .manifest(last)
        case ("blobs", _): resource = .blob(last)
        case ("tags", "list"): resource = .tags
        default: return nil
        }
    }
}
