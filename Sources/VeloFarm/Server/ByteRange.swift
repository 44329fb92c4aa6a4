/// What a `Range` header asks of a file.
enum ByteRange: Equatable {
    /// All of it: nothing was asked, or something that may be ignored.
    case whole
    case part(ClosedRange<Int>)
    /// Nothing of the file lies in it.
    case unsatisfiable

    /// Reads `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT` (RFC 9110, section 14). Several ranges, other units and
    /// what cannot be read are ignored, as the standard allows.
    init(_ header: String?, size: Int) {
        guard let header, header.lowercased().hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let parts = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        guard parts.count == 2, !header.contains(","), parts.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }) else {
            self = .whole
            return
        }
        // A number too large for an Int lies beyond any file.
        switch (parts[0].isEmpty ? nil : Int(parts[0]) ?? .max, parts[1].isEmpty ? nil : Int(parts[1]) ?? .max) {
        case (let first?, let last?) where first > last: self = .whole
        case (let first?, let last):
            self = first < size ? .part(first...min(last ?? size - 1, size - 1)) : .unsatisfiable
        case (nil, let count?): self = count > 0 && size > 0 ? .part(max(0, size - count)...(size - 1)) : .unsatisfiable
        case (nil, nil): self = .whole
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
