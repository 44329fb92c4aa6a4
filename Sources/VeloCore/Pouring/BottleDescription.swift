import SystemPackage
import VeloFormula
import VeloSystem

/// What is said about a bottle beside it: in the document of `brew bottle --json`, or in an OCI index.
///
/// ```json
/// {"NAME": {"bottle": {"cellar": "any", "tags": {"x86_64_linux": {"local_filename": "…", "sha256": "…", "tab": {…}}}}}}
/// {"manifests": [{"annotations": {"sh.brew.bottle.digest": "…", "sh.brew.tab": "{…}"}}]}
/// ```
struct BottleDescription {
    var tag: PlatformTag?
    var tab: Tab?
    var cellar: String?
    var digest: SHA256Digest?

    /// Nil when nothing is said. The document beside `x--1.0.TAG.bottle[.REBUILD].tar.gz` is `x--1.0.TAG.bottle.json`.
    static func beside(_ file: FilePath, manifest: FilePath?) throws -> BottleDescription? {
        if let manifest { return try fromManifest(manifest, about: file) }
        let name = file.lastComponent?.string ?? ""
        guard let end = name.firstRange(of: ".bottle.")?.lowerBound else { return nil }
        let document = file.removingLastComponent().appending("\(name[..<end]).bottle.json")
        guard FileTree.exists(document) else { return nil }
        return try fromDocument(document, about: name)
    }

    private struct Document: Decodable {
        struct Bottle: Decodable {
            var cellar: String?
            var tags: [String: Entry]
        }
        struct Entry: Decodable {
            var localFilename: String?
            var cellar: String?
            var sha256: String
            var tab: Tab?
        }
        var bottle: Bottle
    }

    private static func fromDocument(_ path: FilePath, about name: String) throws -> BottleDescription? {
        let formulae: [String: Document]
        do {
            formulae = try WireCoding.decode([String: Document].self, from: try FileTree.read(path, limit: 64 << 20))
        } catch {
            throw LocalBottleError.unreadableDescription(path, error)
        }
        for formula in formulae.values {
            for (tag, entry) in formula.bottle.tags
            where entry.localFilename == name || (entry.localFilename == nil && formula.bottle.tags.count == 1) {
                return BottleDescription(
                    tag: PlatformTag(tag), tab: entry.tab, cellar: entry.cellar ?? formula.bottle.cellar,
                    digest: SHA256Digest(hex: entry.sha256))
            }
        }
        return nil
    }

    private struct Index: Decodable {
        struct Manifest: Decodable {
            var annotations: [String: String]?
        }
        var manifests: [Manifest]
    }

    private static func fromManifest(_ path: FilePath, about file: FilePath) throws -> BottleDescription {
        let digest = try SHA256Digest.of(file: file)
        do {
            let index = try WireCoding.decode(Index.self, from: try FileTree.read(path, limit: 64 << 20))
            for manifest in index.manifests {
                guard let annotations = manifest.annotations, annotations["sh.brew.bottle.digest"] == digest.hex else {
                    continue
                }
                let reference = annotations["org.opencontainers.image.ref.name"] ?? ""
                return BottleDescription(
                    tag: reference.split(separator: ".").lazy.compactMap { PlatformTag($0) }.first,
                    tab: try annotations["sh.brew.tab"].map { try WireCoding.decode(Tab.self, from: Array($0.utf8)) },
                    cellar: nil, digest: digest)
            }
        } catch {
            throw LocalBottleError.unreadableDescription(path, error)
        }
        throw LocalBottleError.notInManifest(file, manifest: path)
    }
}
