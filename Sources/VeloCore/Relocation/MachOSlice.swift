import VeloSystem

/// One architecture of a Mach-O file: its header and load commands. Offsets are relative to the slice.
struct MachOSlice {
    /// The numbers of Apple's `loader.h` that are used here.
    enum Command {
        static let required: UInt32 = 0x8000_0000
        static let segment: UInt32 = 1
        static let segment64: UInt32 = 0x19
        static let rpath: UInt32 = 0x1c | required
        static let codeSignature: UInt32 = 0x1d
        /// id, load, weak, re-export, lazy and upward.
        static let dylibs: Set<UInt32> = [0xd, 0xc, 0x18 | required, 0x1f | required, 0x20, 0x23 | required]
    }

    /// A path in a load command.
    struct Path {
        var index: Int
        var text: String
    }

    /// A load command as it is.
    private struct Raw {
        var command: UInt32
        var bytes: [UInt8]
    }

    let offset: UInt64
    let size: UInt64
    private let reader: ByteReader
    private let is64: Bool
    private let headerSize: UInt64
    private let raw: [Raw]
    private let commandsSize: UInt64
    /// Where the first content after the load commands begins.
    private let firstContent: UInt64
    let paths: [Path]
    /// Where its code signature is, if it has one.
    let signature: (offset: UInt64, size: UInt64)?

    /// No compiler writes more.
    private static let mostCommands: UInt64 = 1 << 16

    init(_ file: EditableFile, offset: UInt64, size: UInt64) throws(MachOError) {
        self.offset = offset
        self.size = size
        do throws(ByteReader.OutOfBounds) {
            let magic: UInt32 = try ByteReader(file).number(at: offset)
            switch magic {
            case 0xfeed_face: (is64, reader) = (false, ByteReader(file))
            case 0xfeed_facf: (is64, reader) = (true, ByteReader(file))
            case 0xcefa_edfe: (is64, reader) = (false, ByteReader(file, isBigEndian: true))
            case 0xcffa_edfe: (is64, reader) = (true, ByteReader(file, isBigEndian: true))
            default: throw ByteReader.OutOfBounds(offset: offset, count: 4)
            }
            headerSize = is64 ? 32 : 28
            let count = UInt64(try reader.number(at: offset + 16, as: UInt32.self))
            commandsSize = UInt64(try reader.number(at: offset + 20, as: UInt32.self))
            guard headerSize + commandsSize <= size, count <= Self.mostCommands else {
                throw ByteReader.OutOfBounds(offset: headerSize, count: commandsSize)
            }
            var raw: [Raw] = []
            var place = headerSize
            for _ in 0..<count {
                guard place + 8 <= headerSize + commandsSize else {
                    throw ByteReader.OutOfBounds(offset: place, count: 8)
                }
                let length = UInt64(try reader.number(at: offset + place + 4, as: UInt32.self))
                guard length >= 8, place + length <= headerSize + commandsSize else {
                    throw ByteReader.OutOfBounds(offset: place, count: length)
                }
                raw.append(
                    Raw(
                        command: try reader.number(at: offset + place),
                        bytes: Array(try reader.slice(offset + place, length))))
                place += length
            }
            self.raw = raw
            firstContent = try Self.firstContent(raw, reader, is64, size)
            var paths: [Path] = []
            for index in raw.indices {
                if let text = try Self.path(raw[index], reader) { paths.append(Path(index: index, text: text)) }
            }
            self.paths = paths
            var signature: (UInt64, UInt64)?
            for command in raw where command.command == Command.codeSignature {
                let inner = ByteReader(command.bytes, isBigEndian: reader.isBigEndian)
                let start = UInt64(try inner.number(at: 8, as: UInt32.self))
                let length = UInt64(try inner.number(at: 12, as: UInt32.self))
                guard start <= size, length <= size - start, start >= headerSize + commandsSize else {
                    throw ByteReader.OutOfBounds(offset: start, count: length)
                }
                signature = (start, length)
            }
            self.signature = signature
        } catch {
            throw .beyondEnd(what: "load commands")
        }
    }

    /// The same slice after its load commands were changed.
    static func reread(_ slice: MachOSlice, in file: EditableFile) throws(MachOError) -> MachOSlice? {
        try MachOSlice(file, offset: slice.offset, size: slice.size)
    }

    private static func path(_ raw: Raw, _ reader: ByteReader) throws(ByteReader.OutOfBounds) -> String? {
        guard Command.dylibs.contains(raw.command) || raw.command == Command.rpath else { return nil }
        let inner = ByteReader(raw.bytes, isBigEndian: reader.isBigEndian)
        let start = UInt64(try inner.number(at: 8, as: UInt32.self))
        let text = try inner.slice(start, UInt64(raw.bytes.count) - min(start, UInt64(raw.bytes.count)))
        // The last one may fill its command to the end.
        return String(validating: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The lowest offset of a section's or segment's content: up to there, load commands may grow.
    private static func firstContent(
        _ commands: [Raw], _ reader: ByteReader, _ is64: Bool, _ size: UInt64
    ) throws(ByteReader.OutOfBounds) -> UInt64 {
        var lowest = size
        for raw in commands where raw.command == (is64 ? Command.segment64 : Command.segment) {
            let inner = ByteReader(raw.bytes, isBigEndian: reader.isBigEndian)
            let start = try inner.word(at: is64 ? 40 : 32, is64)
            if start > 0 { lowest = min(lowest, start) }
            let sections = UInt64(try inner.number(at: is64 ? 64 : 48, as: UInt32.self))
            let sectionSize: UInt64 = is64 ? 80 : 68
            guard sections <= UInt64(raw.bytes.count) / sectionSize else {
                throw ByteReader.OutOfBounds(offset: 0, count: sections)
            }
            for index in 0..<sections {
                let section = (is64 ? 72 : 56) + index * sectionSize
                let length = try inner.word(at: section + (is64 ? 40 : 36), is64)
                let place = UInt64(try inner.number(at: section + (is64 ? 48 : 40), as: UInt32.self))
                if place > 0 && length > 0 { lowest = min(lowest, place) }
            }
        }
        return lowest
    }

    /// What to write so that paths are others; nil when none is.
    func commands(renaming rename: (String) -> String?) throws(MachOError) -> [BytePatch]? {
        var isChanged = false
        var bytes: [UInt8] = []
        var next = paths[...]
        for index in raw.indices {
            guard let path = next.first, path.index == index else {
                bytes += raw[index].bytes
                continue
            }
            next = next.dropFirst()
            if let text = rename(path.text), text != path.text {
                isChanged = true
                bytes += renamed(raw[index], to: text)
            } else {
                bytes += raw[index].bytes
            }
        }
        guard isChanged else { return nil }
        let room = firstContent - min(firstContent, headerSize)
        guard UInt64(bytes.count) <= room else {
            throw .noRoom(what: "\(bytes.count) bytes of load commands: there are \(room)")
        }
        let length = UInt64(bytes.count)
        // What was behind commands that became shorter is padding now.
        bytes += repeatElement(0, count: max(0, Int(commandsSize) - bytes.count))
        return [
            BytePatch(offset: Int(offset) + 20, bytes: reader.encoded(length, 4)),
            BytePatch(offset: Int(offset + headerSize), bytes: bytes),
        ]
    }

    /// A command's fixed fields, the new path, and zeros up to a multiple of the word size.
    private func renamed(_ raw: Raw, to text: String) -> [UInt8] {
        let fixed = raw.command == Command.rpath ? 12 : 24
        let word = is64 ? 8 : 4
        var bytes = Array(raw.bytes.prefix(fixed))
        bytes += repeatElement(0, count: fixed - bytes.count)
        bytes += Array(text.utf8) + [0]
        bytes += repeatElement(0, count: (word - bytes.count % word) % word)
        bytes.replaceSubrange(4..<8, with: reader.encoded(UInt64(bytes.count), 4))
        bytes.replaceSubrange(8..<12, with: reader.encoded(UInt64(fixed), 4))
        return bytes
    }
}
