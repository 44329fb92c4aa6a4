/// Who refers to the dynamic string table, and where to.
///
/// Linkers let one string be the tail of another, so a string can be overwritten only when nothing else begins inside.
struct ELFStringUsers {
    private let image: ELFImage
    private let table: ELFDynamicTable

    init(_ image: ELFImage, _ table: ELFDynamicTable) {
        self.image = image
        self.table = table
    }

    private var reader: ByteReader { image.reader }

    /// Whether something other than the search path refers to a place in `range`; true when that cannot be told.
    func use(_ range: ClosedRange<UInt64>) -> Bool {
        let isPath: (ELFDynamicTable.Entry) -> Bool = { $0.tag == ELF.Tag.rpath || $0.tag == ELF.Tag.runpath }
        let namedByEntry = table.entries.contains {
            ELF.Tag.naming.contains($0.tag) && !isPath($0) && range.contains($0.value)
        }
        if namedByEntry { return true }
        do {
            return try symbolsUse(range) || requirementsUse(range) || definitionsUse(range)
        } catch {
            return true
        }
    }

    private struct Unknown: Error {}

    /// The largest libraries have some hundreds; the counts are a stranger's, and one loop is inside another.
    private static let mostVersions: UInt64 = 4096

    private func number(_ offset: UInt64) throws -> UInt64 {
        UInt64(try reader.number(at: offset, as: UInt32.self))
    }

    private func symbolsUse(_ range: ClosedRange<UInt64>) throws -> Bool {
        guard let address = table.value(ELF.Tag.symbols) else { return false }
        let size: UInt64 = image.header.is64 ? 24 : 16
        let start = try table.fileOffset(address)
        let count = try symbolCount(at: address, size)
        _ = try reader.range(start, try product(count, size))
        for index in 0..<count where range.contains(try number(start + index * size)) { return true }
        return false
    }

    /// The section table knows; without it the hash tables do.
    private func symbolCount(at address: UInt64, _ size: UInt64) throws -> UInt64 {
        if let section = image.sections.first(where: { $0.type == ELF.Section.symbols && $0.address == address }) {
            return section.size / size
        }
        if let hash = table.value(ELF.Tag.hash) { return try number(try table.fileOffset(hash, 8) + 4) }
        guard let hash = table.value(ELF.Tag.gnuHash) else { throw Unknown() }
        return try gnuSymbolCount(try table.fileOffset(hash, 16))
    }

    /// The last chain's end: buckets hold the first symbol of a chain, and the lowest bit ends it.
    private func gnuSymbolCount(_ start: UInt64) throws -> UInt64 {
        let bucketCount = try number(start)
        let first = try number(start + 4)
        let bloomSize = try product(try number(start + 8), UInt64(image.header.wordSize))
        let buckets = start + 16 + bloomSize
        _ = try reader.range(buckets, try product(bucketCount, 4))
        var last: UInt64 = 0
        for index in 0..<bucketCount { last = max(last, try number(buckets + index * 4)) }
        guard last >= first else { return first }
        var chain = buckets + bucketCount * 4 + (last - first) * 4
        while try number(chain) & 1 == 0 {
            last += 1
            chain += 4
        }
        return last + 1
    }

    /// `Elfxx_Verneed` and its `Elfxx_Vernaux`: the same in both classes.
    private func requirementsUse(_ range: ClosedRange<UInt64>) throws -> Bool {
        try walk(ELF.Tag.requirements, ELF.Tag.requirementCount, nextField: 12) { position in
            if range.contains(try number(position + 4)) { return true }
            let count = try reader.number(at: position + 2, as: UInt16.self)
            return try chainUses(
                range, from: position + (try number(position + 8)), count: UInt64(count), nameField: 8, nextField: 12)
        }
    }

    private func definitionsUse(_ range: ClosedRange<UInt64>) throws -> Bool {
        try walk(ELF.Tag.definitions, ELF.Tag.definitionCount, nextField: 16) { position in
            let count = try reader.number(at: position + 6, as: UInt16.self)
            return try chainUses(
                range, from: position + (try number(position + 12)), count: UInt64(count), nameField: 0, nextField: 4)
        }
    }

    private func walk(
        _ tag: UInt64, _ countTag: UInt64, nextField: UInt64, _ uses: (UInt64) throws -> Bool
    ) throws -> Bool {
        guard let address = table.value(tag), let count = table.value(countTag) else { return false }
        var position = try table.fileOffset(address)
        guard count <= Self.mostVersions else { throw Unknown() }
        for _ in 0..<count {
            if try uses(position) { return true }
            let next = try number(position + nextField)
            if next == 0 { break }
            position += next
        }
        return false
    }

    private func chainUses(
        _ range: ClosedRange<UInt64>, from start: UInt64, count: UInt64, nameField: UInt64, nextField: UInt64
    ) throws -> Bool {
        guard count <= Self.mostVersions else { throw Unknown() }
        var position = start
        for _ in 0..<count {
            if range.contains(try number(position + nameField)) { return true }
            let next = try number(position + nextField)
            if next == 0 { break }
            position += next
        }
        return false
    }

    private func product(_ count: UInt64, _ size: UInt64) throws -> UInt64 {
        let (result, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, result <= UInt64(reader.count) else { throw Unknown() }
        return result
    }
}
