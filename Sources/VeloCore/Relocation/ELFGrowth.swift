/// Longer strings for an ELF file, in a new segment at its end.
///
/// The program header that the segment needs is taken from one that nothing needs at run time: an unused one, the
/// pointer to the property note (which a note segment covers as well), or the last note. That keeps the table in its
/// place and size; `strip` damages files whose table was moved. Only a file without any such header gets a longer
/// table, in the new segment. A segment that an earlier edit left at the end is made longer instead.
struct ELFGrowth {
    var interpreter: [UInt8]?
    /// The whole new dynamic string table.
    var strings: [UInt8]?
    private let image: ELFImage

    init(_ image: ELFImage) { self.image = image }

    private var reader: ByteReader { image.reader }
    private var header: ELFHeader { image.header }

    /// Where the new content goes, and the program headers that say so.
    private struct Site {
        var offset: UInt64
        var address: UInt64
        /// Bytes at the start that the moved program headers take.
        var reserved = 0
        var segments: [ELFSegment]
        /// The segment that holds the content.
        var index: Int
    }

    /// How far the file may have to be extended with nothing in between, for a table that was moved.
    private static let widestGap: UInt64 = 64 << 20

    func patches() throws(ELFError) -> [BytePatch] {
        guard interpreter != nil || strings != nil else { return [] }
        var site = try site()
        var content = [UInt8](repeating: 0, count: site.reserved)
        var patches: [BytePatch] = []
        if let interpreter {
            patches += moveInterpreter(to: UInt64(content.count), size: UInt64(interpreter.count), &site)
            content += interpreter
            content += repeatElement(0, count: (8 - content.count % 8) % 8)
        }
        if let strings, let table = image.dynamic {
            patches += moveStrings(table, to: UInt64(content.count), size: UInt64(strings.count), site)
            content += strings
        }
        let segment = site.segments[site.index]
        let size = site.offset - segment.offset + UInt64(content.count)
        let (end, overflow) = segment.address.addingReportingOverflow(size)
        guard !overflow, header.is64 || end <= UInt64(UInt32.max) else {
            throw .unsupported(what: "no address is left for another segment")
        }
        site.segments[site.index].fileSize = size
        site.segments[site.index].memorySize = size
        let headers = site.segments.flatMap { $0.encoded(by: reader, header.is64) }
        if site.reserved > 0 {
            content.replaceSubrange(0..<headers.count, with: headers)
            patches.append(
                BytePatch(
                    offset: header.segmentsOffsetField, bytes: reader.encoded(site.offset, header.wordSize)))
            let count = reader.encoded(UInt64(site.segments.count), 2)
            patches.append(BytePatch(offset: header.segmentCountField, bytes: count))
        } else {
            patches.append(BytePatch(offset: Int(header.segmentsOffset), bytes: headers))
        }
        patches.append(BytePatch(offset: Int(site.offset), bytes: content))
        return patches
    }

    private func site() throws(ELFError) -> Site {
        let loads = image.segments.indices.filter { image.segments[$0].type == ELF.Segment.load }
        guard let first = loads.first, let last = loads.last else {
            throw .malformed(what: "a dynamic section but no segment to load")
        }
        var highest = first
        var end: UInt64 = 0
        for index in loads {
            let (segmentEnd, overflow) = image.segments[index].address.addingReportingOverflow(
                image.segments[index].memorySize)
            // Rounding up to a page must not overflow either.
            guard !overflow, segmentEnd <= UInt64(Int64.max) - (1 << 32) else {
                throw .malformed(what: "a segment at the end of the address space")
            }
            if segmentEnd > end { (highest, end) = (index, segmentEnd) }
        }
        if let site = extending(highest) { return site }
        let alignment = header.pageSize
        let offset = Self.roundUp(UInt64(reader.count), to: alignment)
        if let spare = spareHeader {
            var segments = image.segments
            let index = spare < last ? last : last + 1
            segments.remove(at: spare)
            let address = Self.roundUp(end, to: alignment)
            segments.insert(load(offset: offset, address: address, alignment), at: index)
            return Site(offset: offset, address: address, segments: segments, index: index)
        }
        return try movingHeaders(first: first, last: last, end: end, alignment)
    }

    /// The segment with the highest addresses, if it is only to be read and the file ends with it, as after an edit.
    private func extending(_ index: Int) -> Site? {
        let segment = image.segments[index]
        let fileEnd = UInt64(reader.count)
        guard segment.flags == ELF.Segment.readable, segment.fileSize == segment.memorySize, segment.fileSize > 0,
            segment.offset <= fileEnd, segment.fileSize == fileEnd - segment.offset
        else { return nil }
        let offset = Self.roundUp(fileEnd, to: 8)
        return Site(
            offset: offset, address: segment.address + (offset - segment.offset), segments: image.segments, index: index
        )
    }

    private var spareHeader: Int? {
        let segments = image.segments
        return segments.firstIndex { $0.type == ELF.Segment.null }
            ?? segments.firstIndex { $0.type == ELF.Segment.property }
            ?? segments.lastIndex { $0.type == ELF.Segment.note }
    }

    private func movingHeaders(
        first: Int, last: Int, end: UInt64, _ alignment: UInt64
    ) throws(ELFError) -> Site {
        let start = image.segments[first]
        // Kernels before 5.18 tell the program where its headers are by the first segment's address and the table's
        // offset alone, so the new segment has to lie as far from its offset as that one.
        let (bias, isNegative) = start.address.subtractingReportingOverflow(start.offset)
        guard !isNegative, bias % alignment == 0, bias <= end else {
            throw .unsupported(what: "its first segment is loaded at an unusual address")
        }
        let fileEnd = UInt64(reader.count)
        let offset = Self.roundUp(max(fileEnd, end - bias), to: alignment)
        guard offset - fileEnd <= Self.widestGap else { throw .unsupported(what: "no program header is free") }
        var segments = image.segments
        let size = UInt64(segments.count + 1) * header.segmentSize
        for index in segments.indices where segments[index].type == ELF.Segment.headers {
            segments[index].offset = offset
            segments[index].address = offset + bias
            segments[index].physical = offset + bias
            segments[index].fileSize = size
            segments[index].memorySize = size
        }
        segments.insert(load(offset: offset, address: offset + bias, alignment), at: last + 1)
        return Site(
            offset: offset, address: offset + bias, reserved: Int(size), segments: segments, index: last + 1)
    }

    private func load(offset: UInt64, address: UInt64, _ alignment: UInt64) -> ELFSegment {
        ELFSegment(
            type: ELF.Segment.load, flags: ELF.Segment.readable, offset: offset, address: address, fileSize: 0,
            memorySize: 0, alignment: alignment)
    }

    private func moveInterpreter(to start: UInt64, size: UInt64, _ site: inout Site) -> [BytePatch] {
        guard let index = site.segments.firstIndex(where: { $0.type == ELF.Segment.interpreter }) else { return [] }
        let old = site.segments[index]
        site.segments[index].offset = site.offset + start
        site.segments[index].address = site.address + start
        site.segments[index].physical = site.address + start
        site.segments[index].fileSize = size
        site.segments[index].memorySize = size
        return moveSection(old.offset, old.address, start, size, site) { $0.type != ELF.Section.strings }
    }

    private func moveStrings(
        _ table: ELFDynamicTable, to start: UInt64, size: UInt64, _ site: Site
    ) -> [BytePatch] {
        let entries = table.entries.compactMap { entry -> BytePatch? in
            switch entry.tag {
            case ELF.Tag.strings:
                image.dynamicPatch(entry.position, tag: entry.tag, value: site.address + start)
            case ELF.Tag.stringsSize: image.dynamicPatch(entry.position, tag: entry.tag, value: size)
            default: nil
            }
        }
        return entries
            + moveSection(table.stringsOffset, table.stringsAddress, start, size, site) {
                $0.type == ELF.Section.strings
            }
    }

    /// Tells the section table, which debuggers and `strip` go by, where a section is now.
    private func moveSection(
        _ offset: UInt64, _ address: UInt64, _ start: UInt64, _ size: UInt64, _ site: Site,
        _ isMeant: (ELFSection) -> Bool
    ) -> [BytePatch] {
        let word = header.wordSize
        return image.sections
            .filter { $0.offset == offset && $0.address == address && $0.size > 0 && isMeant($0) }
            .map { section in
                BytePatch(
                    offset: Int(section.position) + 8 + word,
                    bytes: [site.address + start, site.offset + start, size].flatMap { reader.encoded($0, word) })
            }
    }

    private static func roundUp(_ value: UInt64, to alignment: UInt64) -> UInt64 {
        (value + alignment - 1) / alignment * alignment
    }
}
