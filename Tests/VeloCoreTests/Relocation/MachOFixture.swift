import VeloSystem

/// A small dylib, made by hand: a text segment with one section, its own name, a library, a search path, and a signature
/// with entitlements.
struct MachOFixture {
    var room = 512
    var isSigned = true
    var isBigEndian = false
    static let entitlements = Array("<plist><dict/></plist>".utf8)
    static let id = "@@HOMEBREW_PREFIX@@/opt/x/lib/libx.dylib"
    static let library = "@@HOMEBREW_CELLAR@@/y/1.0/lib/liby.dylib"
    static let system = "/usr/lib/libSystem.B.dylib"
    static let searchPath = "@@HOMEBREW_PREFIX@@/lib"

    private func number(_ value: Int, _ size: Int = 4) -> [UInt8] {
        let shifts = (0..<size).map { 8 * UInt64($0) }
        return (isBigEndian ? shifts.reversed() : shifts).map { UInt8(truncatingIfNeeded: UInt64(value) >> $0) }
    }

    private static func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    private func command(_ kind: Int, fixed: [UInt8], _ path: String) -> [UInt8] {
        var text = Array(path.utf8) + [0]
        let start = 12 + fixed.count
        text += repeatElement(0, count: (8 - (start + text.count) % 8) % 8)
        return number(kind) + number(start + text.count) + number(start) + fixed + text
    }

    /// The file, and where its signature begins.
    var file: (bytes: [UInt8], limit: Int) {
        let version = [UInt8](repeating: 0, count: 12)
        var commands: [[UInt8]] = [
            command(0xd, fixed: version, Self.id), command(0xc, fixed: version, Self.library),
            command(0xc, fixed: version, Self.system), command(0x8000_001c, fixed: [], Self.searchPath),
        ]
        let segmentSize = 72 + 80
        let size = segmentSize + commands.reduce(0) { $0 + $1.count } + (isSigned ? 16 : 0)
        let content = (32 + size + room + 15) / 16 * 16
        let code = (0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let limit = (content + code.count + 15) / 16 * 16
        var name = Array("__TEXT".utf8)
        name += repeatElement(0, count: 16 - name.count)
        var segment = number(0x19) + number(segmentSize) + name + number(0, 8) + number(limit, 8) + number(0, 8)
        segment += number(limit, 8) + number(5) + number(5) + number(1) + number(0)
        segment += name + name + number(content, 8) + number(code.count, 8) + number(content)
        segment += [UInt8](repeating: 0, count: 28)
        commands.insert(segment, at: 0)
        let signature = isSigned ? signature(limit) : []
        if isSigned { commands.append(number(0x1d) + number(16) + number(limit) + number(signature.count)) }
        let body = commands.flatMap { $0 }
        var bytes = number(0xfeed_facf) + number(0x0100_000c) + number(0) + number(6) + number(commands.count)
        bytes += number(body.count) + number(0) + number(0) + body
        bytes += [UInt8](repeating: 0, count: content - bytes.count) + code
        bytes += [UInt8](repeating: 0, count: limit - bytes.count)
        return (bytes + signature, limit)
    }

    /// One that was made with a certificate: a directory with a team, entitlements, and a message of the signer.
    private func signature(_ limit: Int) -> [UInt8] {
        let pages = (limit + 4095) / 4096
        let identifier = Array("libx\0".utf8)
        let team = Array("TEAM\0".utf8)
        let hashes = 52 + identifier.count + team.count + 5 * 32
        let length = hashes + pages * 32
        var directory = Self.big(0xfade_0c02) + Self.big(length) + Self.big(0x20200) + Self.big(0x10000)
        directory += Self.big(hashes) + Self.big(52) + Self.big(5) + Self.big(pages) + Self.big(limit)
        directory += [32, 2, 0, 12] + Self.big(0) + Self.big(0) + Self.big(52 + identifier.count)
        directory += identifier + team + [UInt8](repeating: 0xee, count: 5 * 32 + pages * 32)
        let entitlements = Self.big(0xfade_7171) + Self.big(8 + Self.entitlements.count) + Self.entitlements
        let message = Self.big(0xfade_0b01) + Self.big(208) + [UInt8](repeating: 0xcc, count: 200)
        let blobs: [(Int, [UInt8])] = [(0, directory), (5, entitlements), (0x10000, message)]
        var index: [UInt8] = []
        var body: [UInt8] = []
        for (type, blob) in blobs {
            index += Self.big(type) + Self.big(12 + 24 + body.count)
            body += blob
        }
        return Self.big(0xfade_0cc0) + Self.big(12 + 24 + body.count) + Self.big(3) + index + body
    }

    /// A fat file with this slice twice.
    static func fat(_ slices: [[UInt8]]) -> [UInt8] {
        var bytes = big(0xcafe_babe) + big(slices.count)
        var offset = 4096
        for slice in slices {
            bytes += big(0x0100_000c) + big(0) + big(offset) + big(slice.count) + big(12)
            offset = (offset + slice.count + 4095) / 4096 * 4096
        }
        for slice in slices {
            bytes += [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096) + slice
        }
        return bytes
    }
}
