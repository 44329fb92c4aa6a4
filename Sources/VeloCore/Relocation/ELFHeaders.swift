import VeloSystem

/// The numbers of the ELF specification and its GNU extensions that are used here.
enum ELF {
    enum FileType {
        static let executable: UInt16 = 2
        static let shared: UInt16 = 3
    }

    enum Segment {
        static let null: UInt32 = 0
        static let load: UInt32 = 1
        static let dynamic: UInt32 = 2
        static let interpreter: UInt32 = 3
        static let note: UInt32 = 4
        static let headers: UInt32 = 6
        static let property: UInt32 = 0x6474_e553
        static let readable: UInt32 = 4
    }

    enum Section {
        static let strings: UInt32 = 3
        static let symbols: UInt32 = 11
    }

    enum Tag {
        static let null: UInt64 = 0
        static let needed: UInt64 = 1
        static let hash: UInt64 = 4
        static let strings: UInt64 = 5
        static let symbols: UInt64 = 6
        static let relocations: UInt64 = 7
        static let relocationsSize: UInt64 = 8
        static let stringsSize: UInt64 = 10
        static let soname: UInt64 = 14
        static let rpath: UInt64 = 15
        static let runpath: UInt64 = 29
        static let gnuHash: UInt64 = 0x6fff_fef5
        static let definitions: UInt64 = 0x6fff_fffc
        static let definitionCount: UInt64 = 0x6fff_fffd
        static let requirements: UInt64 = 0x6fff_fffe
        static let requirementCount: UInt64 = 0x6fff_ffff
        /// Every tag whose value is a string: needed, soname, rpath, runpath, config, depaudit, audit, auxiliary, filter.
        static let naming: Set<UInt64> = [
            needed, soname, rpath, runpath, 0x6fff_fefa, 0x6fff_fefb, 0x6fff_fefc, 0x7fff_fffd, 0x7fff_ffff,
        ]
    }
}

/// The file header, of either class and byte order.
struct ELFHeader: Sendable {
    let is64: Bool
    let systemABI: UInt8
    let type: UInt16
    let machine: UInt16
    let segmentsOffset: UInt64
    let segmentCount: UInt64
    let sectionsOffset: UInt64
    let sectionCount: UInt64
    let namesSection: UInt64

    var wordSize: Int { is64 ? 8 : 4 }
    var segmentSize: UInt64 { is64 ? 56 : 32 }
    var sectionSize: UInt64 { is64 ? 64 : 40 }
    /// Where the header says how many segments there are, and where they are.
    var segmentCountField: Int { is64 ? 56 : 44 }
    var segmentsOffsetField: Int { is64 ? 32 : 28 }

    /// The largest page that a kernel for this machine may use; a segment has to begin on one.
    var pageSize: UInt64 {
        switch machine {
        // MIPS, PowerPC, PowerPC 64, SPARC 64, IA-64, AArch64, LoongArch.
        case 8, 20, 21, 43, 50, 183, 258: 0x10000
        default: 0x1000
        }
    }

    static func reader(of file: EditableFile) throws(ELFError) -> ByteReader {
        guard file.count >= 20 else { throw .notELF }
        let head = file.bytes(0..<20)
        guard head.starts(with: [0x7f, 0x45, 0x4c, 0x46]), (1...2).contains(head[4]), (1...2).contains(head[5]) else {
            throw .notELF
        }
        return ByteReader(file, isBigEndian: head[5] == 2)
    }

    init(_ reader: ByteReader) throws(ELFError) {
        do throws(ByteReader.OutOfBounds) {
            is64 = reader.file.byte(4) == 2
            systemABI = reader.file.byte(7)
            type = try reader.number(at: 16)
            machine = try reader.number(at: 18)
            segmentsOffset = try reader.word(at: is64 ? 32 : 28, is64)
            sectionsOffset = try reader.word(at: is64 ? 40 : 32, is64)
            let fields: UInt64 = is64 ? 54 : 42
            let segmentSize: UInt16 = try reader.number(at: fields)
            let sectionSize: UInt16 = try reader.number(at: fields + 4)
            segmentCount = UInt64(try reader.number(at: fields + 2, as: UInt16.self))
            let sections: UInt16 = try reader.number(at: fields + 6)
            namesSection = UInt64(try reader.number(at: fields + 8, as: UInt16.self))
            let hasUsualSections = sectionSize == (is64 ? 64 : 40) && sectionsOffset != 0
            sectionCount = hasUsualSections ? UInt64(sections) : 0
            guard segmentCount == 0 || segmentSize == (is64 ? 56 : 32) else {
                throw ByteReader.OutOfBounds(offset: fields, count: 0)
            }
        } catch {
            throw .malformed(what: "an incomplete or unusual header")
        }
        guard segmentCount != 0xffff else { throw .unsupported(what: "it has more than 65,534 segments") }
    }
}

extension ByteReader {
    /// A number of the class's address size.
    func word(at offset: UInt64, _ is64: Bool) throws(OutOfBounds) -> UInt64 {
        is64 ? try number(at: offset) : UInt64(try number(at: offset, as: UInt32.self))
    }
}

/// A program header.
struct ELFSegment: Sendable {
    var type: UInt32
    var flags: UInt32
    var offset: UInt64
    var address: UInt64
    var physical: UInt64
    var fileSize: UInt64
    var memorySize: UInt64
    var alignment: UInt64

    init(
        type: UInt32, flags: UInt32, offset: UInt64, address: UInt64, fileSize: UInt64, memorySize: UInt64,
        alignment: UInt64
    ) {
        self.type = type
        self.flags = flags
        self.offset = offset
        self.address = address
        physical = address
        self.fileSize = fileSize
        self.memorySize = memorySize
        self.alignment = alignment
    }

    init(_ reader: ByteReader, at start: UInt64, _ is64: Bool) throws(ByteReader.OutOfBounds) {
        let size: UInt64 = is64 ? 8 : 4
        let words = start + (is64 ? 8 : 4)
        type = try reader.number(at: start)
        flags = try reader.number(at: start + (is64 ? 4 : 24))
        offset = try reader.word(at: words, is64)
        address = try reader.word(at: words + size, is64)
        physical = try reader.word(at: words + 2 * size, is64)
        fileSize = try reader.word(at: words + 3 * size, is64)
        memorySize = try reader.word(at: words + 4 * size, is64)
        alignment = try reader.word(at: words + (is64 ? 40 : 24), is64)
    }

    func encoded(by reader: ByteReader, _ is64: Bool) -> [UInt8] {
        let size = is64 ? 8 : 4
        let places = [offset, address, physical, fileSize, memorySize].flatMap { reader.encoded($0, size) }
        let flagBytes = reader.encoded(UInt64(flags), 4)
        let head = reader.encoded(UInt64(type), 4) + (is64 ? flagBytes : [])
        return head + places + (is64 ? [] : flagBytes) + reader.encoded(alignment, size)
    }

    /// Whether an address lies in what the file provides.
    func holds(_ address: UInt64, _ count: UInt64 = 1) -> Bool {
        guard address >= self.address else { return false }
        let inside = address - self.address
        return inside <= fileSize && count <= fileSize - inside
    }
}

/// A section header, and where it is in the file.
struct ELFSection: Sendable {
    let position: UInt64
    let name: UInt32
    let type: UInt32
    let address: UInt64
    let offset: UInt64
    let size: UInt64

    init(_ reader: ByteReader, at position: UInt64, _ is64: Bool) throws(ByteReader.OutOfBounds) {
        let word: UInt64 = is64 ? 8 : 4
        self.position = position
        name = try reader.number(at: position)
        type = try reader.number(at: position + 4)
        address = try reader.word(at: position + 8 + word, is64)
        offset = try reader.word(at: position + 8 + 2 * word, is64)
        size = try reader.word(at: position + 8 + 3 * word, is64)
    }
}
