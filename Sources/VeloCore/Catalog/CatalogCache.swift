package import SystemPackage
import VeloSystem

/// The last catalog of each mirror, on disk: what is asked again only if it has changed, and what serves offline.
///
/// ```
/// CACHE/catalogs-v1/<sha256 of the mirror's address>.json
///     {"etag": "\"4f0c\"", "fetched": 1795492800, "mirror": "http://127.0.0.1:8080"}   one line
///     {"schema": 1, …}                                                                  the document as it came
/// ```
package struct CatalogCache: Sendable {
    package struct Entry: Sendable {
        package var stamp: Stamp
        package var bytes: [UInt8]
    }

    package struct Stamp: Codable, Sendable, Equatable {
        package var mirror: String
        package var etag: String?
        /// Seconds since 1970, of the last time the mirror said that it is current.
        package var fetched: Int

        package init(mirror: String, etag: String?, fetched: Int) {
            self.mirror = mirror
            self.etag = etag
            self.fetched = fetched
        }
    }

    private let folder: FilePath

    /// `root` is velo's cache folder.
    package init(in root: FilePath) { folder = root.appending("catalogs-v1") }

    private func file(for mirror: String) -> FilePath {
        folder.appending("\(SHA256Digest.of(Array(mirror.utf8)).hex).json")
    }

    /// Nil when there is none, or none that is whole: it is fetched anew then. Blocking.
    package func entry(for mirror: String) -> Entry? {
        guard let bytes = try? FileTree.read(file(for: mirror)), let end = bytes.firstIndex(of: 10),
            let stamp = try? WireCoding.decode(Stamp.self, from: Array(bytes[..<end])), stamp.mirror == mirror
        else { return nil }
        return Entry(stamp: stamp, bytes: Array(bytes[(end + 1)...]))
    }

    /// Blocking.
    package func store(_ bytes: [UInt8], _ stamp: Stamp) throws {
        try FileTree.makeFolder(folder)
        try FileTree.replace(file(for: stamp.mirror), with: try WireCoding.encode(stamp) + [10] + bytes)
    }
}
