package import VeloSystem

/// A program or shared library in ELF, as far as it says where it looks for others. 32 and 64 bits, either byte order.
///
/// Reading checks every offset against the file's end: a hostile file is an error, never a crash.
package struct ELFImage {
    let reader: ByteReader
    let header: ELFHeader
    let segments: [ELFSegment]
    /// Nil in a static program or an object file.
    let dynamic: ELFDynamicTable?
    /// The path of the program's loader.
    package let interpreter: String?
    /// The libraries it asks for by name.
    package let needed: [String]
    package let soname: String?
    /// The folders it looks in for them: `DT_RUNPATH`, or else `DT_RPATH`.
    package let searchPath: String?

    package init(_ bytes: [UInt8]) throws(ELFError) { try self.init(EditableFile(bytes)) }

    /// Reads what is needed of a file. Its contents may be changed only once the image is no longer used.
    package init(_ file: EditableFile) throws(ELFError) {
        let reader = try ELFHeader.reader(of: file)
        let header = try ELFHeader(reader)
        let segments = try Self.segments(reader, header)
        self.reader = reader
        self.header = header
        self.segments = segments
        let dynamic = try ELFDynamicTable(reader, header, segments)
        self.dynamic = dynamic
        interpreter = try Self.interpreter(reader, segments)
        needed = try dynamic?.names(ELF.Tag.needed, reader) ?? []
        soname = try dynamic?.names(ELF.Tag.soname, reader).first
        searchPath = try dynamic?.searchPath(reader)
    }

    /// Whether it is worth giving the bytes to `init`, by the first of them.
    package static func isELF(_ head: [UInt8]) -> Bool { head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

    /// Whether this is what a loader loads, for System V or Linux: not an object file, core dump or firmware.
    package var isProgramOrLibrary: Bool {
        [ELF.FileType.executable, ELF.FileType.shared].contains(header.type) && [0, 3].contains(header.systemABI)
    }

    package var isDynamic: Bool { dynamic != nil }

    /// The names of its sections; empty when the table is missing or makes no sense, which does not keep it from running.
    package var sectionNames: [String] {
        let sections = self.sections
        guard header.namesSection < UInt64(sections.count) else { return [] }
        let names = sections[Int(header.namesSection)]
        return sections.compactMap { section in
            let (start, overflow) = names.offset.addingReportingOverflow(UInt64(section.name))
            let (end, overflowsToo) = names.offset.addingReportingOverflow(names.size)
            guard !overflow, !overflowsToo, let name = try? reader.cString(at: start, before: end) else { return nil }
            return String(decoding: name, as: UTF8.self)
        }
    }

    var sections: [ELFSection] {
        guard header.sectionCount > 0,
            (try? reader.range(header.sectionsOffset, header.sectionCount * header.sectionSize)) != nil
        else { return [] }
        return (0..<header.sectionCount).compactMap {
            try? ELFSection(reader, at: header.sectionsOffset + $0 * header.sectionSize, header.is64)
        }
    }

    private static func segments(_ reader: ByteReader, _ header: ELFHeader) throws(ELFError) -> [ELFSegment] {
        do throws(ByteReader.OutOfBounds) {
            _ = try reader.range(header.segmentsOffset, header.segmentCount * header.segmentSize)
            var segments: [ELFSegment] = []
            for index in 0..<header.segmentCount {
                segments.append(
                    try ELFSegment(reader, at: header.segmentsOffset + index * header.segmentSize, header.is64))
            }
            return segments
        } catch {
            throw .beyondEnd(what: "program headers")
        }
    }

    private static func interpreter(_ reader: ByteReader, _ segments: [ELFSegment]) throws(ELFError) -> String? {
        // There is none in it in a file that holds only debugging information.
        guard let segment = segments.first(where: { $0.type == ELF.Segment.interpreter }), segment.fileSize > 0 else {
            return nil
        }
        guard let bytes = try? reader.slice(segment.offset, segment.fileSize) else {
            throw .beyondEnd(what: "interpreter")
        }
        guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self), bytes.contains(0) else {
            throw .malformed(what: "an interpreter that is no path")
        }
        return text
    }
}
