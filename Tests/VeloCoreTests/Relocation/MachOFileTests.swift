import Testing
import VeloCore
import VeloSystem

@Suite("Mach-O files")
struct MachOFileTests {
    private let relocator = Relocator(
        target: RelocationTarget(prefix: "/Users/somebody/with/a/long/name/.velo"), formula: "x", version: "1.0")
    private static let wanted = [
        "/Users/somebody/with/a/long/name/.velo/opt/x/lib/libx.dylib",
        "/Users/somebody/with/a/long/name/.velo/Cellar/y/1.0/lib/liby.dylib", "/usr/lib/libSystem.B.dylib",
        "/Users/somebody/with/a/long/name/.velo/lib",
    ]

    private func number(_ bytes: [UInt8], _ offset: Int) -> Int {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    @Test("library names, the file's own and search paths become places, in either byte order")
    func renames() throws {
        for isBigEndian in [false, true] {
            let fixture = MachOFixture(isSigned: false, isBigEndian: isBigEndian)
            let moved = try #require(try relocator.relocate(fixture.file.bytes, at: "lib/libx.dylib"))
            #expect(moved.changes == .linkage)
            #expect(try MachOFile(moved.bytes).paths == Self.wanted)
            #expect(moved.bytes.count == fixture.file.bytes.count)
        }
    }

    @Test("a signed file is signed anew: every page and the entitlements verify, and no certificate is left")
    func signs() throws {
        let (bytes, limit) = MachOFixture().file
        let moved = try #require(try relocator.relocate(bytes, at: "lib/libx.dylib")).bytes
        #expect(number(moved, limit) == 0xfade_0cc0)
        #expect(number(moved, limit + 8) == 2)
        let directory = limit + number(moved, limit + 16)
        #expect(number(moved, limit + 12) == 0 && number(moved, limit + 20) == 5)
        // Ad hoc, and hardened as before.
        #expect(number(moved, directory + 12) == 0x10002)
        let hashes = directory + number(moved, directory + 16)
        let pages = number(moved, directory + 28)
        #expect(pages == (limit + 4095) / 4096)
        for page in 0..<pages {
            let content = Array(moved[page * 4096..<min(limit, (page + 1) * 4096)])
            #expect(Array(moved[hashes + page * 32..<hashes + page * 32 + 32]) == SHA256Digest.of(content).bytes)
        }
        let entitlements = limit + number(moved, limit + 24)
        let blob = Array(moved[entitlements..<entitlements + number(moved, entitlements + 4)])
        #expect(Array(blob[8...]) == MachOFixture.entitlements)
        #expect(Array(moved[hashes - 5 * 32..<hashes - 4 * 32]) == SHA256Digest.of(blob).bytes)
        #expect(Array(moved[hashes - 32..<hashes]) == [UInt8](repeating: 0, count: 32))
    }

    @Test("every slice of a fat file is changed")
    func changesAllSlices() throws {
        let slice = MachOFixture().file.bytes
        let fat = MachOFixture.fat([slice, MachOFixture(isSigned: false).file.bytes])
        let moved = try #require(try relocator.relocate(fat, at: "lib/libx.dylib"))
        #expect(try MachOFile(moved.bytes).paths == Self.wanted + Self.wanted)
    }

    @Test("sealing takes the build's places out, and pouring puts others in")
    func sealsAndPours() throws {
        let here = RelocationTarget(prefix: "/opt/homebrew")
        let poured = try #require(
            try Relocator(target: here, formula: "x", version: "1.0").relocate(MachOFixture().file.bytes, at: "lib/l"))
        #expect(try MachOFile(poured.bytes).paths.first == "/opt/homebrew/opt/x/lib/libx.dylib")
        let sealed = try #require(try KegSealer(target: here, formula: "x").sealed(poured.bytes, at: "lib/l"))
        #expect(try MachOFile(sealed.bytes).paths == MachOFile(MachOFixture().file.bytes).paths)
        #expect(sealed.changes == .linkage)
    }

    @Test("paths that do not fit behind the load commands are an error, and nothing is changed")
    func refusesWithoutRoom() throws {
        let fixture = MachOFixture(room: 0)
        #expect(throws: RelocationError.self) { try relocator.relocate(fixture.file.bytes, at: "lib/libx.dylib") }
    }

    @Test("a Java class is not taken for a fat file")
    func leavesClasses() throws {
        let javaClass: [UInt8] = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 1, 2, 3]
        #expect(!MachOFile.isMachO(javaClass))
        #expect(try relocator.relocate(javaClass, at: "lib/A.class") == nil)
    }

    @Test("cut off anywhere, or with any byte of its headers wrong, it is an error or a file; never a crash")
    func survivesDamage() throws {
        let (bytes, limit) = MachOFixture().file
        var outcomes = 0
        for length in stride(from: 0, to: bytes.count, by: 61) {
            _ = try? relocator.relocate(Array(bytes[..<length]), at: "lib/libx.dylib")
            outcomes += 1
        }
        for offset in Array(0..<640) + Array(limit..<limit + 140) {
            for value: UInt8 in [0, 0x7f, 0xff] {
                var damaged = bytes
                damaged[offset] = value
                let moved = try? relocator.relocate(damaged, at: "lib/libx.dylib")
                // Only load commands and the signature are ever written.
                if let moved, offset < 32 || offset >= 640 {
                    #expect(moved.bytes.count == bytes.count)
                }
                outcomes += 1
            }
        }
        #expect(outcomes > 2000)
    }
}
