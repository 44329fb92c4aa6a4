package import VeloSystem

/// A NUL-terminated string in a file that is not text, by its first byte and its length without the terminator.
package struct BinaryString: Sendable, Hashable, Codable {
    package var offset: Int
    package var length: Int

    package init(offset: Int, length: Int) {
        self.offset = offset
        self.length = length
    }
}

/// Finds the strings of a binary that hold the build prefix, and exchanges the prefix for one that is no longer.
///
/// The rest of a string moves up and zeros fill its end, so everything after it stays where it is. That is right for
/// strings that end at their NUL; it is not for those whose length is stored elsewhere, nor where a pointer goes into the
/// middle of one.
package struct BinaryStrings: Sendable {
    private let prefix: BytePattern

    /// - Parameter prefix: The prefix that the files were built for.
    package init(prefix: String) { self.prefix = BytePattern(prefix) }

    /// The strings that hold the prefix. One that the file's end cuts off has no terminator, and is none.
    package func find(in bytes: [UInt8]) -> [BinaryString] {
        var found: [BinaryString] = []
        var start = 0
        while let index = prefix.first(in: bytes, from: start) {
            let first = bytes[..<index].lastIndex(of: 0).map { $0 + 1 } ?? 0
            guard let end = bytes[index...].firstIndex(of: 0) else { break }
            found.append(BinaryString(offset: first, length: end - first))
            start = end + 1
        }
        return found
    }

    /// Why strings could not be exchanged.
    package enum Failure: Error, Sendable, Equatable {
        case prefixTooLong(room: Int)
        /// There is no such string: the file is not the one whose strings were recorded.
        case notThere(BinaryString)
    }

    /// What to write so that these strings hold another prefix.
    package func patches(
        replacingWith newPrefix: String, at strings: [BinaryString], in file: EditableFile
    ) throws(Failure) -> [BytePatch] {
        let replacement = Array(newPrefix.utf8)
        guard replacement.count <= prefix.bytes.count else { throw .prefixTooLong(room: prefix.bytes.count) }
        var patches: [BytePatch] = []
        for string in strings {
            guard string.offset >= 0, string.length > 0, string.length < file.count,
                string.offset < file.count - string.length, file.byte(string.offset + string.length) == 0
            else { throw .notThere(string) }
            let old = file.bytes(string.offset..<string.offset + string.length)
            let positions = prefix.positions(in: old)
            guard !positions.isEmpty, !old.contains(0) else { throw .notThere(string) }
            patches.append(BytePatch(offset: string.offset, bytes: replaced(old, positions, replacement)))
        }
        return patches
    }

    package func patches(
        replacingWith newPrefix: String, at strings: [BinaryString], in bytes: [UInt8]
    ) throws(Failure) -> [BytePatch] {
        try patches(replacingWith: newPrefix, at: strings, in: EditableFile(bytes))
    }

    private func replaced(_ old: [UInt8], _ positions: [Int], _ replacement: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(old.count)
        var done = 0
        for position in positions {
            result += old[done..<position]
            result += replacement
            done = position + prefix.bytes.count
        }
        result += old[done...]
        return result + repeatElement(0, count: old.count - result.count)
    }
}
