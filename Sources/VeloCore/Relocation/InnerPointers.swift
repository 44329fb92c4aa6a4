import VeloSystem

/// Finds out whether a program points into the middle of its strings.
///
/// Linkers let one string be the tail of another. Where a prefix inside a string becomes shorter, what follows moves up,
/// and whoever points there finds something else. Looked at are the pointers in data and in the loader's tables, and how
/// code takes an address: for x86 and AArch64, which is what bottles are made for.
struct InnerPointers {
    private let image: ELFImage
    private let bytes: [UInt8]
    private let loads: [ELFSegment]
    /// The addresses of what moves, in order.
    private let moving: [Range<UInt64>]

    private enum Machine {
        static let x86: UInt16 = 3
        static let x86_64: UInt16 = 62
        static let aarch64: UInt16 = 183
    }

    private enum Flag {
        static let executable: UInt32 = 1
        static let writable: UInt32 = 2
    }

    /// Nil for what is no ELF file that a loader loads, and where nothing that is loaded moves.
    init?(in bytes: [UInt8], to strings: [BinaryString], holding prefix: BytePattern) {
        guard ELFImage.isELF(bytes), let image = try? ELFImage(bytes), image.isProgramOrLibrary else { return nil }
        let loads = image.segments.filter { $0.type == ELF.Segment.load }
        let moving = strings.compactMap { string -> Range<UInt64>? in
            let text = Array(bytes[string.offset..<(string.offset + string.length)])
            guard let place = prefix.first(in: text) else { return nil }
            let range = UInt64(string.offset + place + 1)..<UInt64(string.offset + string.length)
            guard let load = loads.first(where: { Self.provides($0, range) }) else { return nil }
            let shift = load.address &- load.offset
            return (range.lowerBound &+ shift)..<(range.upperBound &+ shift)
        }
        guard !moving.isEmpty else { return nil }
        (self.image, self.bytes, self.loads) = (image, bytes, loads)
        self.moving = moving.sorted { $0.lowerBound < $1.lowerBound }
    }

    private static func provides(_ load: ELFSegment, _ range: Range<UInt64>) -> Bool {
        range.lowerBound >= load.offset && range.upperBound - load.offset <= load.fileSize
    }

    /// Whether there is such a pointer.
    var exist: Bool {
        loads.contains { load in
            guard let range = try? image.reader.range(load.offset, load.fileSize) else { return false }
            let isCode = load.flags & Flag.executable != 0
            // A program that lies where it was linked to has its addresses everywhere.
            let hasAddresses = load.flags & Flag.writable != 0 || image.header.type == ELF.FileType.executable
            return (isCode && codeTakes(load, range)) || (hasAddresses && dataHolds(range))
        } || relocationsHold
    }

    private func moves(_ address: UInt64) -> Bool {
        guard let first = moving.first, let last = moving.last, address >= first.lowerBound, address < last.upperBound
        else { return false }
        return moving.contains { $0.contains(address) }
    }

    // MARK: Data

    private func dataHolds(_ range: Range<Int>) -> Bool {
        let size = image.header.wordSize
        return stride(from: (range.lowerBound + size - 1) / size * size, to: range.upperBound - size + 1, by: size)
            .contains { moves(word(at: $0, size)) }
    }

    /// Addends of relocations without a symbol. Those without addends have them in the data that they change.
    private var relocationsHold: Bool {
        guard let table = image.dynamic, let address = table.value(ELF.Tag.relocations),
            let size = table.value(ELF.Tag.relocationsSize), let start = try? table.fileOffset(address, size),
            let range = try? image.reader.range(start, size)
        else { return false }
        let word = image.header.wordSize
        return stride(from: range.lowerBound, to: range.upperBound - 3 * word + 1, by: 3 * word).contains { entry in
            let symbol = self.word(at: entry + word, word) >> (word == 8 ? 32 : 8)
            return symbol == 0 && moves(self.word(at: entry + 2 * word, word))
        }
    }

    private func word(at offset: Int, _ size: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<size {
            let byte = bytes[image.reader.isBigEndian ? offset + index : offset + size - 1 - index]
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    // MARK: Code

    private func codeTakes(_ load: ELFSegment, _ range: Range<Int>) -> Bool {
        let shift = load.address &- load.offset
        switch image.header.machine {
        case Machine.x86, Machine.x86_64: return x86Takes(range, shift)
        case Machine.aarch64: return aarch64Takes(range, shift)
        default: return false
        }
    }

    /// `lea register, [rip + n]`; and in programs that lie where they were linked to, any four bytes that are an address.
    private func x86Takes(_ range: Range<Int>, _ shift: UInt64) -> Bool {
        let isFixed = image.header.type == ELF.FileType.executable
        let isRelative = image.header.machine == Machine.x86_64
        guard range.count > 6 else { return false }
        for index in range.lowerBound..<(range.upperBound - 5) {
            if isRelative, bytes[index] == 0x8d, bytes[index + 1] & 0xc7 == 0x05 {
                let distance = Int32(truncatingIfNeeded: word(at: index + 2, 4))
                if moves(UInt64(index + 6) &+ shift &+ UInt64(bitPattern: Int64(distance))) { return true }
            }
            if isFixed, moves(word(at: index, 4)) { return true }
        }
        return false
    }

    /// `adr`, and `adrp` with the `add` that follows it within a few instructions.
    private func aarch64Takes(_ range: Range<Int>, _ shift: UInt64) -> Bool {
        func instruction(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(at: index, 4)) }
        for index in stride(from: (range.lowerBound + 3) / 4 * 4, to: range.upperBound - 3, by: 4) {
            let first = instruction(index)
            guard first & 0x1f00_0000 == 0x1000_0000 else { continue }
            let low = UInt64(first >> 29 & 3)
            let high = UInt64(first >> 5 & 0x7ffff)
            // 21 bits with a sign.
            let distance = UInt64(bitPattern: Int64(bitPattern: (high << 2 | low) << 43) >> 43)
            let here = UInt64(index) &+ shift
            if first & 0x8000_0000 == 0 {
                if moves(here &+ distance) { return true }
                continue
            }
            let page = (here & ~0xfff) &+ distance << 12
            for next in stride(from: index + 4, to: min(index + 40, range.upperBound - 3), by: 4) {
                let second = instruction(next)
                guard second & 0xffc0_0000 == 0x9100_0000, second >> 5 & 31 == first & 31 else { continue }
                if moves(page &+ UInt64(second >> 10 & 0xfff)) { return true }
            }
        }
        return false
    }
}
