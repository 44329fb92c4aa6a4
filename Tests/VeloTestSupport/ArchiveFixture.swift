package import SystemPackage
import VeloSystem

/// One member of a forged archive. Nothing is checked: it may say what no archiver would write.
package struct ForgedMember: Sendable {
    package enum Kind: UInt8, Sendable {
        case file = 0x30
        case hardLink, link, characterDevice, blockDevice, folder, fifo
    }

    package var name: [UInt8]
    package var kind: Kind
    package var link: String
    package var mode: Int
    package var content: [UInt8]
    /// What the header says, when that is not the truth.
    package var claimedSize: Int?

    package static func file(
        _ name: String, _ text: String = "text\n", mode: Int = 0o644, claimedSize: Int? = nil
    ) -> Self {
        Self(
            name: Array(name.utf8), kind: .file, link: "", mode: mode, content: Array(text.utf8),
            claimedSize: claimedSize)
    }

    package static func folder(_ name: String, mode: Int = 0o755) -> Self {
        Self(name: Array((name + "/").utf8), kind: .folder, link: "", mode: mode, content: [])
    }

    package static func link(_ name: String, to target: String) -> Self {
        Self(name: Array(name.utf8), kind: .link, link: target, mode: 0o777, content: [])
    }

    package static func hardLink(_ name: String, to target: String) -> Self {
        Self(name: Array(name.utf8), kind: .hardLink, link: target, mode: 0o644, content: [])
    }

    package static func special(_ name: String, _ kind: Kind) -> Self {
        Self(name: Array(name.utf8), kind: kind, link: "", mode: 0o644, content: [])
    }

    package static func rawName(_ name: [UInt8]) -> Self {
        Self(name: name, kind: .file, link: "", mode: 0o644, content: [])
    }
}

/// Tar archives with members that no tar program would write.
package enum ArchiveFixture {
    /// Writes a bare tar file.
    @discardableResult
    package static func forge(_ members: [ForgedMember], at path: FilePath, hasEndMark: Bool = true) throws -> FilePath
    {
        try FileTree.write(tar(members, hasEndMark: hasEndMark), to: path)
        return path
    }

    package static func tar(_ members: [ForgedMember], hasEndMark: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        for member in members {
            // GNU tar's way to give a name of any length.
            if member.name.count > 99 { append(longName(member.name), to: &bytes) }
            append(member, to: &bytes)
        }
        return hasEndMark ? bytes + [UInt8](repeating: 0, count: 1024) : bytes
    }

    private static func longName(_ name: [UInt8]) -> ForgedMember {
        ForgedMember(name: Array("././@LongLink".utf8), kind: .file, link: "L", mode: 0, content: name + [0])
    }

    private static func append(_ member: ForgedMember, to bytes: inout [UInt8]) {
        let isLongName = member.name.elementsEqual("././@LongLink".utf8)
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Collection<UInt8>, at offset: Int, atMost room: Int) {
            for (index, byte) in text.prefix(room).enumerated() { header[offset + index] = byte }
        }
        func putOctal(_ number: Int, at offset: Int, digits: Int) {
            let text = String(number, radix: 8)
            put((String(repeating: "0", count: digits - text.count) + text).utf8, at: offset, atMost: digits)
        }
        put(member.name, at: 0, atMost: 99)
        putOctal(member.mode, at: 100, digits: 7)
        putOctal(0, at: 108, digits: 7)
        putOctal(0, at: 116, digits: 7)
        putOctal(member.claimedSize ?? member.content.count, at: 124, digits: 11)
        putOctal(1_600_000_000, at: 136, digits: 11)
        header[156] = isLongName ? UInt8(ascii: "L") : member.kind.rawValue
        if !isLongName { put(member.link.utf8, at: 157, atMost: 99) }
        put("ustar  ".utf8, at: 257, atMost: 7)
        put([UInt8](repeating: 0x20, count: 8), at: 148, atMost: 8)
        let sum = header.reduce(0) { $0 + Int($1) }
        putOctal(sum, at: 148, digits: 6)
        header[154] = 0
        bytes += header + member.content
        bytes += repeatElement(0, count: (512 - member.content.count % 512) % 512)
    }
}
