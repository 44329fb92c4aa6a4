package import VeloSystem

/// A program or library in Mach-O, as far as it says where it looks for others: thin, or fat with one slice for each
/// architecture; 32 and 64 bits, either byte order.
///
/// Reading checks every offset against the file's end: a hostile file is an error, never a crash.
package struct MachOFile {
    let file: EditableFile
    let slices: [MachOSlice]

    /// Whether it is worth giving the file to `init`, by its first bytes.
    ///
    /// A Java class begins like a fat file; where that has its count of slices, a class has its version, above 42.
    package static func isMachO(_ head: [UInt8]) -> Bool {
        guard head.count >= 8 else { return false }
        switch (head[0], head[1], head[2], head[3]) {
        case (0xcf, 0xfa, 0xed, 0xfe), (0xce, 0xfa, 0xed, 0xfe), (0xfe, 0xed, 0xfa, 0xcf), (0xfe, 0xed, 0xfa, 0xce):
            return true
        case (0xca, 0xfe, 0xba, 0xbe), (0xca, 0xfe, 0xba, 0xbf):
            return head[4] == 0 && head[5] == 0 && head[6] == 0 && (1...42).contains(head[7])
        default: return false
        }
    }

    package init(_ bytes: [UInt8]) throws(MachOError) { try self.init(EditableFile(bytes)) }

    package init(_ file: EditableFile) throws(MachOError) {
        guard file.count >= 8, Self.isMachO(file.bytes(0..<8)) else { throw .notMachO }
        self.file = file
        guard file.byte(0) == 0xca else {
            slices = [try MachOSlice(file, offset: 0, size: UInt64(file.count))]
            return
        }
        let reader = ByteReader(file, isBigEndian: true)
        let is64 = file.byte(3) == 0xbf
        var slices: [MachOSlice] = []
        do throws(ByteReader.OutOfBounds) {
            let count = UInt64(try reader.number(at: 4, as: UInt32.self))
            var places: [(offset: UInt64, size: UInt64)] = []
            for index in 0..<count {
                let start = 8 + index * (is64 ? 32 : 20)
                let offset = try reader.word(at: start + 8, is64)
                let size = try reader.word(at: start + (is64 ? 16 : 12), is64)
                _ = try reader.range(offset, size)
                places.append((offset, size))
            }
            let sorted = places.sorted { $0.offset < $1.offset }
            for (index, place) in sorted.enumerated() {
                let next = index + 1 < sorted.count ? sorted[index + 1].offset : UInt64(file.count)
                guard place.offset + place.size <= next else { throw ByteReader.OutOfBounds(offset: next, count: 0) }
                // A static library has slices that are archives; only what is loaded matters.
                guard let slice = try? MachOSlice(file, offset: place.offset, size: place.size) else { continue }
                slices.append(slice)
            }
        } catch {
            throw .beyondEnd(what: "slices")
        }
        self.slices = slices
    }

    /// The paths that it names: its own, those of the libraries it loads, and where it looks for them.
    package var paths: [String] { slices.flatMap { $0.paths.map(\.text) } }

    /// Exchanges paths, and signs anew what was signed. Says whether anything changed.
    ///
    /// Nothing is moved: longer paths go into the room that linkers leave behind the load commands.
    /// - Parameter rename: The new path, or nil to leave one as it is.
    package func rename(_ rename: (String) -> String?) throws -> Bool {
        var isChanged = false
        for slice in slices {
            guard let commands = try slice.commands(renaming: rename) else { continue }
            for patch in commands { try file.write(patch.bytes, at: patch.offset) }
            isChanged = true
            guard let renewed = try MachOSlice.reread(slice, in: file), let signature = renewed.signature else {
                continue
            }
            let place = signature.offset..<signature.offset + signature.size
            let old = file.bytes(Int(renewed.offset + place.lowerBound)..<Int(renewed.offset + place.upperBound))
            let blob = try CodeSignature(old).renewed(codeLimit: signature.offset) { range in
                SHA256Digest.of(
                    file.bytes(Int(renewed.offset + range.lowerBound)..<Int(renewed.offset + range.upperBound))
                ).bytes
            }
            guard UInt64(blob.count) <= signature.size else { throw MachOError.noRoom(what: "its signature") }
            let padding = [UInt8](repeating: 0, count: Int(signature.size) - blob.count)
            try file.write(blob + padding, at: Int(renewed.offset + signature.offset))
        }
        return isChanged
    }
}

/// A Mach-O file that contradicts itself or cannot be edited. It does not know the file's name: whoever does wraps it.
package enum MachOError: Problem, Equatable {
    case notMachO
    case beyondEnd(what: String)
    case malformed(what: String)
    /// The linker left too little behind the load commands.
    case noRoom(what: String)

    package var summary: String {
        switch self {
        case .notMachO: "not a Mach-O file"
        case .beyondEnd(let what): "the Mach-O file ends before its \(what)"
        case .malformed(let what): "the Mach-O file has \(what)"
        case .noRoom(let what): "the Mach-O file has no room for \(what)"
        }
    }

    package var hints: [String] {
        if case .noRoom = self { ["link it with `-headerpad_max_install_names`"] } else { [] }
    }
}
