import FoundationEssentials
import VeloCore
import VeloFormula
import VeloSystem

/// The documents by which a container registry describes bottles, with Homebrew's annotations.
///
/// ```
/// index  (tag PKGVERSION[-REBUILD])      one for a version of a formula
///   └─ manifest                          one for a platform; its annotations are what `brew` reads
///        ├─ config                       architecture, and the digest of the tar inside
///        └─ layer                        the bottle itself
/// ```
///
/// All of it follows from rows of the database, byte for byte.
struct ImageDocuments {
    let formula: CatalogFormula?

    /// An image manifest and its configuration.
    struct Image {
        var manifest: RegistryDocument
        var config: RegistryDocument
    }

    enum MediaType {
        static let index = "application/vnd.oci.image.index.v1+json"
        static let manifest = "application/vnd.oci.image.manifest.v1+json"
        static let config = "application/vnd.oci.image.config.v1+json"
        static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    }

    func index(_ bottles: [BottleRow]) throws -> RegistryDocument {
        var descriptors: [Descriptor] = []
        for bottle in bottles {
            let manifest = try image(bottle).manifest
            var descriptor = Descriptor(manifest)
            descriptor.platform = Self.platform(bottle)
            descriptor.annotations = try bottleAnnotations(bottle)
            descriptors.append(descriptor)
        }
        let newest = bottles.max { $0.published < $1.published }
        let document = Index(manifests: descriptors, annotations: newest.map(formulaAnnotations) ?? [:])
        return try RegistryDocument(mediaType: MediaType.index, bytes: Self.encode(document))
    }

    func image(_ bottle: BottleRow) throws -> Image {
        let platform = Self.platform(bottle)
        let config = try RegistryDocument(
            mediaType: MediaType.config,
            bytes: Self.encode(
                Config(
                    architecture: platform?.architecture ?? "amd64", os: platform?.os ?? "linux",
                    rootfs: Config.RootFS(diffIDs: [bottle.tarDigest.ociDigest]))))
        let layer = Descriptor(
            mediaType: MediaType.layer, digest: bottle.digest.ociDigest, size: bottle.size,
            annotations: ["org.opencontainers.image.title": bottle.name?.localFilename ?? bottle.digest.hex])
        let annotations = try bottleAnnotations(bottle).merging(formulaAnnotations(bottle)) { own, _ in own }
        let manifest = Manifest(config: Descriptor(config), layers: [layer], annotations: annotations)
        return Image(
            manifest: try RegistryDocument(mediaType: MediaType.manifest, bytes: Self.encode(manifest)), config: config)
    }

    /// What `brew` selects the entry by, and what it takes from it.
    private func bottleAnnotations(_ bottle: BottleRow) throws -> [String: String] {
        var annotations = [
            "org.opencontainers.image.ref.name": bottle.name?.referenceName ?? bottle.pkgVersion,
            "org.opencontainers.image.title": "\(bottle.formula) \(bottle.name?.referenceName ?? bottle.pkgVersion)",
            "sh.brew.bottle.digest": bottle.digest.hex,
            "sh.brew.bottle.size": String(bottle.size),
            "sh.brew.bottle.installed_size": String(bottle.installedSize),
            "sh.brew.tab": try StoredJSON.text(bottle.tab),
        ]
        if let license = formula?.license { annotations["sh.brew.license"] = license }
        if let version = bottle.tab.builtOn?.glibcVersion { annotations["sh.brew.bottle.glibc.version"] = version }
        if let variant = bottle.tab.builtOn?.oldestCpuFamily { annotations["sh.brew.bottle.cpu.variant"] = variant }
        if !bottle.executables.isEmpty {
            annotations["sh.brew.path_exec_files"] = bottle.executables.joined(separator: ",")
        }
        return annotations
    }

    private func formulaAnnotations(_ bottle: BottleRow) -> [String: String] {
        let seconds = bottle.tab.sourceModifiedTime.map(Double.init) ?? bottle.published
        var annotations = [
            "com.github.package.type": "homebrew_bottle",
            "org.opencontainers.image.created": Date(timeIntervalSince1970: seconds.rounded(.down)).ISO8601Format(),
            "org.opencontainers.image.ref.name": bottle.name?.imageTag ?? bottle.pkgVersion,
            "org.opencontainers.image.title": bottle.formula,
            "org.opencontainers.image.vendor": String(bottle.tap.prefix { $0 != "/" }),
            "org.opencontainers.image.version": bottle.pkgVersion,
        ]
        annotations["org.opencontainers.image.description"] = formula?.desc
        annotations["org.opencontainers.image.licenses"] = formula?.license
        annotations["org.opencontainers.image.url"] = formula?.homepage
        annotations["org.opencontainers.image.revision"] = bottle.tapCommit
        return annotations
    }

    /// Nil for bottles of every platform.
    private static func platform(_ bottle: BottleRow) -> Descriptor.Platform? {
        guard let platform = PlatformTag(bottle.platform)?.platform else { return nil }
        return Descriptor.Platform(
            architecture: platform.architecture == .arm64 ? "arm64" : "amd64",
            os: platform.isLinux ? "linux" : "darwin",
            osVersion: bottle.tab.builtOn?.osVersion)
    }

    private static func encode(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }
}

private struct Index: Encodable {
    var schemaVersion = 2
    var mediaType = ImageDocuments.MediaType.index
    var manifests: [Descriptor]
    var annotations: [String: String]
}

private struct Manifest: Encodable {
    var schemaVersion = 2
    var mediaType = ImageDocuments.MediaType.manifest
    var config: Descriptor
    var layers: [Descriptor]
    var annotations: [String: String]
}

private struct Config: Encodable {
    struct RootFS: Encodable {
        var type = "layers"
        var diffIDs: [String]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }
    var architecture: String
    var os: String
    var rootfs: RootFS
}

private struct Descriptor: Encodable {
    struct Platform: Encodable {
        var architecture: String
        var os: String
        var osVersion: String?

        enum CodingKeys: String, CodingKey {
            case architecture, os
            case osVersion = "os.version"
        }
    }
    var mediaType: String
    var digest: String
    var size: Int
    var platform: Platform?
    var annotations: [String: String]?

    init(mediaType: String, digest: String, size: Int, annotations: [String: String]) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
    }

    init(_ document: RegistryDocument) {
        mediaType = document.mediaType
        digest = document.digest.ociDigest
        size = document.bytes.count
    }
}
