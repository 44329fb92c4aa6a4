package import SystemPackage
import VeloFormula
package import VeloSystem

/// A catalog as bytes that are used as they lie, mapped from a file: to look a formula up touches a few pages.
///
/// All numbers are little-endian, all offsets count from the start of the file.
/// ```
///   0   8   "velocat" and the number of the format, 1
///   8   8   the length of the file
///  16  32   SHA-256 of everything behind it
///  48   4   how many keys            52   4   how many records
///  56   8   the stamp: offset, length (JSON, `CatalogStamp`)
///  64   8   the search text: offset, length (`CatalogSearch`)
///  72       keys, sorted by their bytes, 16 each: text offset, text length, record, 0 for a name or 1 for an alias
///           records, 32 each: offset, length (JSON, `CatalogFormula`), the formula file's size, 1 if reading it
///           asked other formulae, the file's time (8 bytes), its path: offset, length
///           texts
/// ```
/// A file whose length or digest is not what it says is not used; who finds it makes it anew.
package struct CatalogImage: Sendable {
    private let image: FileImage
    private let keyCount: Int
    package let count: Int
    package let stamp: CatalogStamp

    static let magic = Array("velocat".utf8) + [1]
    static let headerSize = 72
    static let keySize = 16
    static let recordSize = 32

    /// Opens a catalog file; nil when there is none, or none that is whole and of this format. Blocking.
    package static func open(_ path: FilePath) -> CatalogImage? {
        guard let image = try? FileImage(mapping: path) else { return nil }
        guard let digest = SHA256Digest(bytes: image.bytes(16..<48) ?? []), image.number64(at: 8) == image.count,
            image.count >= headerSize, image.digest(48..<image.count) == digest
        else { return nil }
        return CatalogImage(image)
    }

    /// Bytes that were just made.
    init?(_ image: FileImage) {
        guard image.bytes(0..<8) == Self.magic, let keyCount = image.number32(at: 48),
            let count = image.number32(at: 52), let start = image.number32(at: 56), let length = image.number32(at: 60),
            let bytes = image.bytes(start..<start + length),
            let stamp = try? WireCoding.decode(CatalogStamp.self, from: bytes)
        else { return nil }
        self.image = image
        self.keyCount = keyCount
        self.count = count
        self.stamp = stamp
    }

    // MARK: Keys

    private func key(_ index: Int) -> (text: Range<Int>, record: Int, isAlias: Bool)? {
        let place = Self.headerSize + index * Self.keySize
        guard let start = image.number32(at: place), let length = image.number32(at: place + 4),
            let record = image.number32(at: place + 8), let kind = image.number32(at: place + 12), record < count
        else { return nil }
        return (start..<start + length, record, kind == 1)
    }

    /// The record that a name stands for: a name, an alias, or `user/tap/name`.
    ///
    /// Names win over aliases, and the first of two formulae with one name wins.
    package func position(of name: String) -> Int? {
        let wanted = Array(name.utf8)
        var low = 0
        var high = keyCount
        while low < high {
            let middle = (low + high) / 2
            guard let key = key(middle), let order = image.order(key.text, wanted) else { return nil }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        guard low < keyCount, let found = key(low), image.order(found.text, wanted) == 0 else { return nil }
        return found.record
    }

    /// All names and aliases, with the record that each stands for; not those with a tap before them.
    package var names: [(name: String, record: Int)] {
        (0..<keyCount).compactMap { index in
            guard let key = key(index), let name = image.text(key.text), !name.utf8.contains(UInt8(ascii: "/")) else {
                return nil
            }
            return (name, key.record)
        }
    }

    /// Every record's name with its tap before it, `user/tap/name`.
    var fullNames: [(name: String, record: Int)] {
        (0..<keyCount).compactMap { index in
            guard let key = key(index), !key.isAlias, let name = image.text(key.text),
                name.utf8.contains(UInt8(ascii: "/"))
            else { return nil }
            return (name, key.record)
        }
    }

    /// The aliases, with the record that each stands for.
    var aliases: [(name: String, record: Int)] {
        (0..<keyCount).compactMap { index in
            guard let key = key(index), key.isAlias, let name = image.text(key.text) else { return nil }
            return (name, key.record)
        }
    }

    // MARK: Records

    private func place(_ record: Int) -> Int { Self.headerSize + keyCount * Self.keySize + record * Self.recordSize }

    /// A record as it was written; nil where there is none.
    func bytes(of record: Int) -> [UInt8]? {
        guard record >= 0, record < count, let start = image.number32(at: place(record)),
            let length = image.number32(at: place(record) + 4)
        else { return nil }
        return image.bytes(start..<start + length)
    }

    package func formula(at record: Int) -> CatalogFormula? {
        bytes(of: record).flatMap { try? WireCoding.decode(CatalogFormula.self, from: $0) }
    }

    /// What the formula's file looked like when it was read.
    func fingerprint(of record: Int) -> FileFingerprint? {
        guard let size = image.number32(at: place(record) + 8), let time = image.number64(at: place(record) + 16) else {
            return nil
        }
        return FileFingerprint(size: size, modified: time)
    }

    /// Where the formula's file is in its tap; empty where it was no file.
    func path(of record: Int) -> String? {
        guard let start = image.number32(at: place(record) + 24), let length = image.number32(at: place(record) + 28)
        else { return nil }
        return image.text(start..<start + length)
    }

    /// Reading the formula asked other formulae, so that their change may change it.
    func asksOthers(_ record: Int) -> Bool { image.number32(at: place(record) + 12) != 0 }

    /// The text that is searched.
    var searchText: [UInt8] {
        guard let start = image.number32(at: 64), let length = image.number32(at: 68) else { return [] }
        return image.bytes(start..<start + length) ?? []
    }
}

/// Size and time of a file: other ones mean that it has changed.
package struct FileFingerprint: Hashable, Sendable, Codable {
    var size: Int
    /// Nanoseconds since 1970.
    var modified: Int

    init(size: Int, modified: Int) {
        self.size = size
        self.modified = modified
    }

    /// Nil when nothing is there. Blocking.
    init?(of path: FilePath) {
        guard let status = try? FileTree.status(path, followLinks: true) else { return nil }
        self.init(of: status)
    }

    init(of status: VeloSystem.FileStatus) {
        self.init(size: status.size, modified: status.modified * 1_000_000_000 + status.modifiedNanoseconds)
    }
}

/// What a catalog was made of, and by whom: if any of it is no longer so, it is made anew.
package struct CatalogStamp: Codable, Sendable, Equatable {
    /// A mirror's address, or a tap's folder.
    package var source: String
    /// Seconds since 1970: when its content last changed.
    package var generated: Int
    package var taps: [CatalogTap]
    /// The mirror's word for this content.
    package var etag: String?
    /// Where the mirror signed it, or sent it in pieces: which revision that was, of which pieces, signed by whom.
    package var pieces: Pieces?
    /// Of a tap's folder: the program that evaluated the formulae, for which platform.
    package var program: FileFingerprint?
    package var platform: String?
    /// The day from which on a deprecation or the like makes a difference.
    package var validUntil: String?
    /// The folders and lists of the tap, by their path in it.
    package var folders: [String: FileFingerprint] = [:]

    package struct Pieces: Codable, Sendable, Equatable {
        package var revision: Int
        package var shards: [SHA256Digest]
        /// Nil where no key was asked for.
        package var signedBy: String?
    }

    package init(source: String, generated: Int, taps: [CatalogTap], etag: String? = nil) {
        self.source = source
        self.generated = generated
        self.taps = taps
        self.etag = etag
    }
}
