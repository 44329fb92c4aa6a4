import VeloSystem

/// What a path below `/v2/` asks for.
///
///     NAME/manifests/TAG-OR-DIGEST
///     NAME/blobs/sha256:HEX
///     NAME/blobs/uploads/[ID]
///     NAME/tags/list
///     NAME/referrers/sha256:HEX
///
/// A name may have any number of parts: `homebrew/core/openssl/3`.
struct RegistryPath: Equatable {
    enum Resource: Equatable {
        case manifest(String)
        case blob(String)
        case uploads
        case upload(String)
        case tags
        case referrers(String)
    }

    var name: RepositoryName
    var resource: Resource

    /// Nil when it is none of these. Components are as they came, percent-encoded.
    init?(_ encoded: [Substring]) {
        let parts = encoded.compactMap { percentDecoded($0) }
        guard parts.count == encoded.count, parts.count >= 3, let last = parts.last else { return nil }
        let kind = parts[parts.count - 2]
        let isUpload = parts.count >= 4 && kind == "uploads" && parts[parts.count - 3] == "blobs"
        guard let name = RepositoryName(parts.dropLast(isUpload ? 3 : 2).joined(separator: "/")) else { return nil }
        self.name = name
        switch (kind, last) {
        case ("uploads", _) where isUpload: resource = .upload(last)
        case ("blobs", "uploads"): resource = .uploads
        case ("manifests", _): resource = .manifest(last)
        case ("blobs", _): resource = .blob(last)
        case ("tags", "list"): resource = .tags
        case ("referrers", _): resource = .referrers(last)
        default: return nil
        }
    }

    /// Of `IMAGE/manifests/TAG` below `/bottles/`.
    init?(image encoded: [Substring]) {
        self.init(["homebrew", "core"] + encoded)
        guard case .manifest = resource else { return nil }
    }

    static func digest(_ text: String) -> SHA256Digest? {
        text.hasPrefix("sha256:") ? SHA256Digest(hex: text.dropFirst(7)) : nil
    }
}
