/// The dynamic section: what the loader reads, and the strings that it refers to.
struct ELFDynamicTable: Sendable {
    struct Entry: Sendable {
        var tag: UInt64
        var value: UInt64
        /// Where in the file it is.
        let position: UInt64
    }

    /// Up to the terminating null entry, which is not among them.
    let entries: [Entry]
    let stringsOffset: UInt64
    let stringsAddress: UInt64
    let stringsSize: UInt64
    private let loads: [ELFSegment]

    /// Nil when there is no such segment, or nothing in it, as in a file that holds only debugging information.
    init?(_ reader: ByteReader, _ header: ELFHeader, _ segments: [ELFSegment]) throws(ELFError) {
        guard let segment = segments.first(where: { $0.type == ELF.Segment.dynamic }), segment.fileSize > 0 else {
            return nil
        }
        guard (try? reader.range(segment.offset, segment.fileSize)) != nil else {
            throw .beyondEnd(what: "dynamic section")
        }
        entries = try Self.entries(reader, segment, header.is64)
        loads = segments.filter { $0.type == ELF.Segment.load }
        guard let address = Self.value(ELF.Tag.strings, in: entries),
            let size = Self.value(ELF.Tag.stringsSize, in: entries)
        else {
            if entries.isEmpty { return nil }
            throw .malformed(what: "a dynamic section without strings")
        }
        stringsAddress = address
        stringsSize = size
        stringsOffset = try Self.fileOffset(address, size, loads)
        guard (try? reader.range(stringsOffset, size)) != nil else { throw .beyondEnd(what: "dynamic strings") }
    }

    private static func entries(
        _ reader: ByteReader, _ segment: ELFSegment, _ is64: Bool
    ) throws(ELFError) -> [Entry] {
        let word: UInt64 = is64 ? 8 : 4
        var entries: [Entry] = []
        var position = segment.offset
        let end = segment.offset + segment.fileSize
        while end - position >= 2 * word {
            guard let tag = try? reader.word(at: position, is64),
                let value = try? reader.word(at: position + word, is64)
            else { break }
            if tag == ELF.Tag.null { return entries }
            entries.append(Entry(tag: tag, value: value, position: position))
            position += 2 * word
        }
        throw .malformed(what: "a dynamic section without an end")
    }

    private static func value(_ tag: UInt64, in entries: [Entry]) -> UInt64? {
        entries.last { $0.tag == tag }?.value
    }

    func value(_ tag: UInt64) -> UInt64? { Self.value(tag, in: entries) }

    /// Where in the file the bytes at an address are.
    func fileOffset(_ address: UInt64, _ count: UInt64 = 1) throws(ELFError) -> UInt64 {
        try Self.fileOffset(address, count, loads)
    }

    private static func fileOffset(
        _ address: UInt64, _ count: UInt64, _ loads: [ELFSegment]
    ) throws(ELFError) -> UInt64 {
        for load in loads where load.holds(address, count) {
            let (offset, overflow) = load.offset.addingReportingOverflow(address - load.address)
            if !overflow { return offset }
        }
        throw .malformed(what: "an address that is in none of its segments")
    }

    /// The entry that the loader goes by: `DT_RUNPATH` if there is one.
    var searchPathEntry: Entry? {
        entries.last { $0.tag == ELF.Tag.runpath } ?? entries.last { $0.tag == ELF.Tag.rpath }
    }

    func searchPath(_ reader: ByteReader) throws(ELFError) -> String? {
        guard let entry = searchPathEntry else { return nil }
        return try string(at: entry.value, reader)
    }

    func stringBytes(at value: UInt64, _ reader: ByteReader) throws(ELFError) -> ArraySlice<UInt8> {
        guard value < stringsSize,
            let bytes = try? reader.cString(at: stringsOffset + value, before: stringsOffset + stringsSize)
        else { throw .beyondEnd(what: "dynamic strings' end") }
        return bytes
    }

    func string(at value: UInt64, _ reader: ByteReader) throws(ELFError) -> String {
        guard let text = String(validating: try stringBytes(at: value, reader), as: UTF8.self) else {
            throw .malformed(what: "a dynamic string that is not UTF-8")
        }
        return text
    }

    func names(_ tag: UInt64, _ reader: ByteReader) throws(ELFError) -> [String] {
        var names: [String] = []
        for entry in entries where entry.tag == tag { names.append(try string(at: entry.value, reader)) }
        return names
    }
}
