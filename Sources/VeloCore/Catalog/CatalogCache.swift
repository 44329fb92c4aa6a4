package import SystemPackage
import VeloSystem

/// The last catalog of each mirror, on disk, ready for use: asked again only if it has changed, and what serves
/// offline.
///
/// `CACHE/catalogs-v2/<sha256 of the mirror's address>.catalog` is a `CatalogImage`; its file's time is when the mirror
/// last said that it is current.
package struct CatalogCache: Sendable {
    package struct Entry: Sendable {
        package var image: CatalogImage
        /// Seconds since 1970: when the mirror last said that it is current.
        package var fetched: Int
    }

    private let folder: FilePath

    /// `root` is velo's cache folder.
    package init(in root: FilePath) { folder = root.appending("catalogs-v2") }

    private func file(for mirror: String) -> FilePath {
        folder.appending("\(SHA256Digest.of(Array(mirror.utf8)).hex).catalog")
    }

    /// Nil when there is none, or none that is whole: it is fetched anew then. Blocking.
    package func entry(for mirror: String) -> Entry? {
        let file = file(for: mirror)
        guard let image = CatalogImage.open(file), image.stamp.source == mirror,
            let status = try? FileTree.status(file)
        else { return nil }
        return Entry(image: image, fetched: status.modified)
    }

    /// Keeps what a mirror sent, and gives it as it is used. Blocking.
    package func store(
        _ document: CatalogDocument, from mirror: String, etag: String?, at time: Int
    ) throws
        -> CatalogImage
    {
        let stamp = CatalogStamp(source: mirror, generated: document.generated, taps: document.taps, etag: etag)
        return try store(document.formulae.map { try CatalogImage.Entry($0) }, stamp, at: time)
    }

    /// The same of records that are encoded already.
    func store(_ entries: [CatalogImage.Entry], _ stamp: CatalogStamp, at time: Int) throws -> CatalogImage {
        let bytes = try CatalogImage.make(entries, stamp: stamp)
        // Without it the next run asks for all of it: slower, not wrong.
        try? write(bytes, to: file(for: stamp.source), time)
        guard let image = CatalogImage(FileImage(bytes)) else {
            preconditionFailure("a catalog that was just made cannot be read")
        }
        return image
    }

    private func write(_ bytes: [UInt8], to file: FilePath, _ time: Int) throws {
        try FileTree.makeFolder(folder)
        try FileTree.replace(file, with: bytes)
        FileTree.setModified(file, time)
    }

    /// The mirror says that its catalog is the one at hand.
    package func confirm(_ mirror: String, at time: Int) { FileTree.setModified(file(for: mirror), time) }
}
