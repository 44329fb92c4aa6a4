import FoundationEssentials
package import SystemPackage
import VeloSystem

/// What two bottles of the same formula differ in, byte for byte.
package struct BottleComparison: Codable, Sendable, Equatable {
    package struct Difference: Codable, Sendable, Equatable {
        /// Inside the bottle.
        package var path: String
        /// In words: what is in one and not in the other, or the first place at which they differ.
        package var what: String
    }

    package var formula: String
    package var identical: Bool
    /// sha256 of the first and of the second.
    package var digests: [String]
    package var differences: [Difference] = []
    /// What was another the second time.
    package var varied: [String]

    /// Unpacks what differs into a scratch folder. Blocking.
    package init(formula: String, first: FilePath, second: FilePath, varied: [String]) throws {
        self.formula = formula
        self.varied = varied
        digests = [try FileTree.digest(first).hex, try FileTree.digest(second).hex]
        identical = digests[0] == digests[1]
        if !identical { differences = try Self.differences(try Self.entries(first), try Self.entries(second)) }
        if !identical && differences.isEmpty {
            differences.append(Difference(path: "", what: "the same files; the archive itself is packed differently"))
        }
    }

    private struct Entry {
        /// What it is, and of a link, where it leads.
        var kind: ArchiveEntry.Kind
        var mode: UInt32
        var bytes: [UInt8]
    }

    private static func entries(_ bottle: FilePath) throws -> [String: Entry] {
        var reader = try ArchiveReader(bottle, accepting: .source)
        var entries: [String: Entry] = [:]
        while let entry = try reader.next() {
            var bytes: [UInt8] = []
            var buffer: [UInt8] = []
            var hasMore = true
            while hasMore {
                buffer.removeAll(keepingCapacity: true)
                hasMore = try reader.read(upTo: 1 << 20, into: &buffer)
                bytes += buffer
            }
            entries[entry.path] = Entry(kind: entry.kind, mode: entry.mode, bytes: bytes)
        }
        return entries
    }

    private static func differences(_ first: [String: Entry], _ second: [String: Entry]) throws -> [Difference] {
        var found: [Difference] = []
        for path in Set(first.keys).union(second.keys).sorted() {
            guard let one = first[path] else {
                found.append(Difference(path: path, what: "only in the second"))
                continue
            }
            guard let two = second[path] else {
                found.append(Difference(path: path, what: "only in the first"))
                continue
            }
            if one.kind != two.kind {
                found.append(Difference(path: path, what: "\(one.kind), then \(two.kind)"))
            } else if one.mode != two.mode {
                found.append(
                    Difference(
                        path: path, what: "mode \(String(one.mode, radix: 8)), then \(String(two.mode, radix: 8))"))
            } else if one.bytes != two.bytes {
                found.append(Difference(path: path, what: words(one.bytes, two.bytes)))
            }
        }
        return found
    }

    /// `12 of 4096 bytes, first at 0x1a0: "Nov 28 2026", then "Jan  2 2028"`
    private static func words(_ one: [UInt8], _ two: [UInt8]) -> String {
        let place =
            zip(one, two).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(one.count, two.count)
        let count = zip(one, two).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) } + abs(one.count - two.count)
        return "\(count) of \(max(one.count, two.count)) bytes, first at 0x\(String(place, radix: 16)): "
            + "\(excerpt(one, place)), then \(excerpt(two, place))"
    }

    private static func excerpt(_ bytes: [UInt8], _ place: Int) -> String {
        let text = bytes[max(0, min(place, bytes.count) - 16)..<min(bytes.count, place + 32)].map { byte in
            (0x20..<0x7F).contains(byte) ? Character(UnicodeScalar(byte)) : "."
        }
        return "\"" + String(text) + "\""
    }

    package func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
