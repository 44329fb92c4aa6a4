import VeloSystem

/// An embedded code signature: blobs behind an index, all numbers big-endian.
///
/// ```
/// superblob  fade0cc0 length count (type offset)*
/// directory  fade0c02 length version flags hashOffset identOffset nSpecial nCode codeLimit
///            hashSize hashType platform pageSize …            and the hashes: special slots before, pages after
/// ```
///
/// Signed anew it is an ad-hoc signature, which needs no key: the code directory with the hashes of every page, and what
/// the old one had in entitlements and requirements.
struct CodeSignature {
    private enum Slot {
        static let directory: UInt32 = 0
        static let requirements: UInt32 = 2
        static let entitlements: UInt32 = 5
        static let binaryEntitlements: UInt32 = 7
        static let alternatives: Range<UInt32> = 0x1000..<0x1010
    }

    private enum Flag {
        static let adHoc: UInt32 = 0x2
        static let linkerSigned: UInt32 = 0x2_0000
    }

    private enum Magic {
        static let superblob: UInt32 = 0xfade_0cc0
        static let directory: UInt32 = 0xfade_0c02
    }

    private let blobs: [(type: UInt32, bytes: [UInt8])]

    /// Blobs beyond these are none that anybody writes.
    private static let mostBlobs: UInt32 = 64

    init(_ bytes: [UInt8]) throws(MachOError) {
        let reader = ByteReader(bytes, isBigEndian: true)
        do throws(ByteReader.OutOfBounds) {
            guard try reader.number(at: 0, as: UInt32.self) == Magic.superblob else {
                throw ByteReader.OutOfBounds(offset: 0, count: 4)
            }
            let count: UInt32 = try reader.number(at: 8)
            guard count <= Self.mostBlobs else { throw ByteReader.OutOfBounds(offset: 8, count: UInt64(count)) }
            var blobs: [(UInt32, [UInt8])] = []
            for index in 0..<UInt64(count) {
                let type: UInt32 = try reader.number(at: 12 + 8 * index)
                let offset = UInt64(try reader.number(at: 16 + 8 * index, as: UInt32.self))
                let length = UInt64(try reader.number(at: offset + 4, as: UInt32.self))
                guard length >= 8 else { throw ByteReader.OutOfBounds(offset: offset, count: length) }
                blobs.append((type, Array(try reader.slice(offset, length))))
            }
            self.blobs = blobs
        } catch {
            throw .malformed(what: "a code signature that makes no sense")
        }
    }

    /// The signature for what the file holds now.
    /// - Parameters:
    ///   - codeLimit: Where the signature begins: everything before it is hashed.
    ///   - hash: The SHA-256 of a range of the slice.
    func renewed(codeLimit: UInt64, hash: (Range<UInt64>) -> [UInt8]) throws(MachOError) -> [UInt8] {
        let kept = blobs.filter {
            [Slot.requirements, Slot.entitlements, Slot.binaryEntitlements].contains($0.type)
        }
        let directory = try directory(codeLimit: codeLimit, kept, hash)
        var all = [(type: Slot.directory, bytes: directory)]
        all += kept.sorted { $0.type < $1.type }
        var body: [UInt8] = []
        var index: [UInt8] = []
        let start = 12 + 8 * all.count
        for blob in all {
            index += Self.number(blob.type) + Self.number(UInt32(start + body.count))
            body += blob.bytes
            body += repeatElement(0, count: (4 - body.count % 4) % 4)
        }
        let length = UInt32(start + body.count)
        return Self.number(Magic.superblob) + Self.number(length) + Self.number(UInt32(all.count)) + index + body
    }

    private func directory(
        codeLimit: UInt64, _ kept: [(type: UInt32, bytes: [UInt8])], _ hash: (Range<UInt64>) -> [UInt8]
    ) throws(MachOError) -> [UInt8] {
        let candidates = blobs.filter { $0.type == Slot.directory || Slot.alternatives.contains($0.type) }
        guard let old = candidates.first(where: { $0.bytes.count > 38 && $0.bytes[37] == 2 }) ?? candidates.first,
            codeLimit <= UInt64(UInt32.max)
        else { throw .malformed(what: "a code signature without a code directory") }
        let reader = ByteReader(old.bytes, isBigEndian: true)
        do throws(ByteReader.OutOfBounds) {
            guard try reader.number(at: 0, as: UInt32.self) == Magic.directory else {
                throw ByteReader.OutOfBounds(offset: 0, count: 4)
            }
            let version: UInt32 = try reader.number(at: 8)
            let flags: UInt32 = try reader.number(at: 12)
            let identifier = try reader.cString(
                at: UInt64(try reader.number(at: 20, as: UInt32.self)), before: UInt64(old.bytes.count))
            // The fields of each version follow those of the one before.
            let fixed = Self.fixedSize(version)
            var bytes = Array(try reader.slice(0, UInt64(fixed)))
            let special = Int(kept.map(\.type).max() ?? 0)
            let pageShift: UInt64 = 12
            let pages = (codeLimit + (1 << pageShift) - 1) >> pageShift
            let identifierStart = UInt32(fixed)
            let hashStart = fixed + identifier.count + 1 + 32 * special
            func put(_ value: UInt32, at offset: Int) {
                bytes.replaceSubrange(offset..<offset + 4, with: Self.number(value))
            }
            put((flags | Flag.adHoc) & (kept.isEmpty ? .max : ~Flag.linkerSigned), at: 12)
            put(UInt32(hashStart), at: 16)
            put(identifierStart, at: 20)
            put(UInt32(special), at: 24)
            put(UInt32(pages), at: 28)
            put(UInt32(codeLimit), at: 32)
            // SHA-256, of pages of 4,096 bytes.
            bytes.replaceSubrange(36..<40, with: [32, 2, bytes[38], UInt8(pageShift)])
            // No scattered pages, and no team: that comes with a certificate.
            if fixed >= 48 { put(0, at: 44) }
            if fixed >= 52 { put(0, at: 48) }
            bytes += Array(identifier) + [0]
            for slot in stride(from: special, to: 0, by: -1) {
                let blob = kept.first { $0.type == UInt32(slot) }
                bytes += blob.map { SHA256Digest.of($0.bytes).bytes } ?? [UInt8](repeating: 0, count: 32)
            }
            for page in 0..<pages {
                bytes += hash(page << pageShift..<min(codeLimit, (page + 1) << pageShift))
            }
            bytes.replaceSubrange(4..<8, with: Self.number(UInt32(bytes.count)))
            return bytes
        } catch {
            throw .malformed(what: "a code directory that makes no sense")
        }
    }

    private static func fixedSize(_ version: UInt32) -> Int {
        switch version {
        case ..<0x20100: 44
        case ..<0x20200: 48
        case ..<0x20300: 52
        case ..<0x20400: 64
        case ..<0x20500: 88
        default: 96
        }
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
