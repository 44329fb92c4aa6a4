import FoundationEssentials
import VeloCore
import VeloFormula
import VeloSystem

/// What is inside a manifest or an index that somebody sends: its kind, what it refers to, and what `brew` reads of it.
struct ManifestReading: Sendable {
    struct Descriptor: Decodable, Sendable {
        var mediaType: String?
        var digest: String
        var size: Int?
        var annotations: [String: String]?
        var artifactType: String?
        var platform: Platform?
    }

    struct Platform: Decodable, Sendable {
        var architecture: String?
        var os: String?
    }

    private struct Body: Decodable {
        var schemaVersion: Int?
        var mediaType: String?
        var artifactType: String?
        var config: Descriptor?
        var layers: [Descriptor]?
        var blobs: [Descriptor]?
        var manifests: [Descriptor]?
        var subject: Descriptor?
        var annotations: [String: String]?
    }

    /// A bottle that an index lists, by the annotations of Homebrew.
    struct ListedBottle: Sendable, Equatable {
        var digest: SHA256Digest
        var size: Int?
        /// `PKGVERSION.TAG[.REBUILD]`
        var referenceName: String
        /// Of the image manifest.
        var manifest: SHA256Digest?
        var tab: String?
    }

    /// Kinds of manifests that are taken; the first is an index's.
    static let mediaTypes = [
        ImageDocuments.MediaType.index, ImageDocuments.MediaType.manifest,
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.artifact.manifest.v1+json",
    ]

    /// More than any manifest of a person; also the limit of the public registries.
    static let sizeLimit = 4 << 20

    let mediaType: String
    let manifests: [SHA256Digest]
    let blobs: [SHA256Digest]
    let subject: SHA256Digest?
    let artifactType: String?
    let annotations: [String: String]
    let bottles: [ListedBottle]

    /// - Parameter declared: the request's `Content-Type`, which the document's own word must not contradict.
    /// - Throws: `RegistryProblem.manifestInvalid`
    init(_ bytes: [UInt8], declared: String?) throws {
        let body: Body
        do {
            body = try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch {
            throw RegistryProblem.manifestInvalid("it is not the JSON of a manifest")
        }
        let declared = declared?.prefix { $0 != ";" }.lowercased()
        if let own = body.mediaType, let declared, own != declared, Self.mediaTypes.contains(declared) {
            throw RegistryProblem.manifestInvalid("it is sent as `\(declared)` and calls itself `\(own)`")
        }
        let guessed = body.manifests != nil ? ImageDocuments.MediaType.index : ImageDocuments.MediaType.manifest
        let type = declared.flatMap { Self.mediaTypes.contains($0) ? $0 : nil } ?? body.mediaType ?? guessed
        guard Self.mediaTypes.contains(type) else {
            throw RegistryProblem.manifestInvalid("`\(type)` is not a kind of manifest that is taken here")
        }
        mediaType = type
        manifests = try (body.manifests ?? []).map { try Self.digest($0) }
        blobs = try ([body.config].compactMap { $0 } + (body.layers ?? []) + (body.blobs ?? [])).map {
            try Self.digest($0)
        }
        subject = try body.subject.map { try Self.digest($0) }
        artifactType = body.artifactType ?? (body.manifests == nil ? body.config?.mediaType : nil)
        annotations = body.annotations ?? [:]
        bottles = (body.manifests ?? []).compactMap(Self.bottle)
    }

    private static func digest(_ descriptor: Descriptor) throws -> SHA256Digest {
        guard let digest = RegistryPath.digest(descriptor.digest) else {
            throw RegistryProblem.manifestInvalid("`\(descriptor.digest)` in it is not a sha256 digest")
        }
        return digest
    }

    private static func bottle(_ descriptor: Descriptor) -> ListedBottle? {
        guard let annotations = descriptor.annotations, let hex = annotations["sh.brew.bottle.digest"],
            let digest = SHA256Digest(hex: hex), let name = annotations["org.opencontainers.image.ref.name"]
        else { return nil }
        return ListedBottle(
            digest: digest, size: annotations["sh.brew.bottle.size"].flatMap { Int($0) }, referenceName: name,
            manifest: RegistryPath.digest(descriptor.digest), tab: annotations["sh.brew.tab"])
    }
}

extension ManifestReading.ListedBottle {
    /// The platform's tag in the reference name, and the rebuild; nil when there is none.
    var tagAndRebuild: (tag: PlatformTag, pkgVersion: String, rebuild: Int)? {
        var parts = referenceName.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var rebuild = 0
        if let last = parts.last, let number = Int(last), parts.count > 2, PlatformTag(parts[parts.count - 2]) != nil {
            rebuild = number
            parts.removeLast()
        }
        guard let word = parts.popLast(), let tag = PlatformTag(word), !parts.isEmpty else { return nil }
        return (tag, parts.joined(separator: "."), rebuild)
    }

    /// The percent-encoded name that flat clients ask for. The formula's name is the image's title.
    func flatName(formula: String) -> String? {
        tagAndRebuild.flatMap {
            BottleName(name: formula, packageVersion: $0.pkgVersion, tag: $0.tag, rebuild: $0.rebuild)?.flatFilename
        }
    }
}
