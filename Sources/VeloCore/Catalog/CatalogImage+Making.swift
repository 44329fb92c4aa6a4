import VeloSystem

extension CatalogImage {
    /// A record to be written: already encoded, with what else the tables need of it.
    struct Entry: Sendable {
        var name: String
        var tap: String
        var aliases: [String]
        var search: [UInt8]
        /// `CatalogFormula` as JSON.
        var json: [UInt8]
        var fingerprint = FileFingerprint(size: 0, modified: 0)
        var asksOthers = false
        /// Of the formula's file in its tap.
        var path = ""

        init(name: String, tap: String, aliases: [String], search: [UInt8], json: [UInt8]) {
            self.name = name
            self.tap = tap
            self.aliases = aliases
            self.search = search
            self.json = json
        }

        init(_ formula: CatalogFormula) throws {
            name = formula.name
            tap = formula.tap
            aliases = formula.aliases
            search = CatalogSearch.line(for: formula)
            json = try WireCoding.encode(formula)
        }
    }

    /// The bytes of a catalog file.
    static func make(_ entries: [Entry], stamp: CatalogStamp) throws -> [UInt8] {
        let keys = sortedKeys(entries)
        let stampBytes = try WireCoding.encode(stamp)
        var texts: [UInt8] = []
        let textStart = headerSize + keys.count * keySize + entries.count * recordSize
        func place(_ bytes: some Collection<UInt8>) -> (Int, Int) {
            let start = textStart + texts.count
            texts += bytes
            return (start, bytes.count)
        }

        var tables = ByteList()
        for key in keys {
            let (start, length) = place(key.text)
            tables.add(start, length, key.record, key.isAlias ? 1 : 0)
        }
        for entry in entries {
            let (start, length) = place(entry.json)
            tables.add(start, length, entry.fingerprint.size, entry.asksOthers ? 1 : 0)
            tables.add64(entry.fingerprint.modified)
            let path = place(entry.path.utf8)
            tables.add(path.0, path.1)
        }
        let search = place(Array(entries.map(\.search).joined(separator: [CatalogSearch.lineEnd])))
        let stampPlace = place(stampBytes)

        var head = ByteList()
        head.add(keys.count, entries.count, stampPlace.0, stampPlace.1)
        head.add(search.0, search.1)
        let body = head.bytes + tables.bytes + texts
        var start = ByteList()
        start.add64(48 + body.count)
        return magic + start.bytes + SHA256Digest.of(body).bytes + body
    }

    private struct Key {
        var text: [UInt8]
        var record: Int
        var isAlias: Bool
    }

    /// Each text once: a name before an alias, the first formula before others.
    private static func sortedKeys(_ entries: [Entry]) -> [Key] {
        var keys: [Key] = []
        for (record, entry) in entries.enumerated() {
            keys.append(Key(text: Array(entry.name.utf8), record: record, isAlias: false))
            keys.append(Key(text: Array("\(entry.tap)/\(entry.name)".utf8), record: record, isAlias: false))
            for alias in entry.aliases { keys.append(Key(text: Array(alias.utf8), record: record, isAlias: true)) }
        }
        keys.sort { left, right in
            if left.text != right.text { return left.text.lexicographicallyPrecedes(right.text) }
            return (left.isAlias ? 1 : 0, left.record) < (right.isAlias ? 1 : 0, right.record)
        }
        var last: [UInt8]?
        return keys.filter { key in
            defer { last = key.text }
            return key.text != last
        }
    }

    /// Little-endian numbers one after the other.
    private struct ByteList {
        var bytes: [UInt8] = []

        mutating func add(_ numbers: Int...) {
            for number in numbers {
                for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
            }
        }

        mutating func add64(_ number: Int) {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
    }
}
